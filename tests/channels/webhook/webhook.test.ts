import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { createChannel, optionsSchema } from "../../../channels/webhook/index.ts";
import { parseBody, parseMessage, parseWaitSeconds } from "../../../channels/webhook/parse.ts";
import type { ChannelContext, TranscriptEntry } from "../../../src/core/channel.ts";
import { isAppError } from "../../../src/core/errors.ts";
import type { InboundMessage } from "../../../src/core/message.ts";
import {
  createChannelContext,
  createRecordingSink,
  createSendContext,
  createTestDisk,
  outbound,
  waitUntil,
  type RecordingSink,
} from "../../doubles/channel-context.ts";
import { createBrokenEndpoint } from "../../e2e/broken-endpoints.ts";
import { secret, signedCall } from "./calls.ts";
import { createReplyServer } from "./reply-server.ts";

const message = { id: "m1", sender: { id: "ada" }, text: "hi" };
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

function setUp(
  options: object = {},
  sink: RecordingSink = createRecordingSink(),
  change: Partial<ChannelContext> = {},
) {
  const context = createChannelContext(optionsSchema.parse({ secret, ...options }), {
    name: "hook",
  });
  const channel = createChannel({ ...context, ...change } as typeof context);
  const stop = new AbortController();
  const ended = channel.start(sink, stop.signal);
  ends.push(async () => {
    stop.abort();
    await ended;
  });
  const call = async (
    request: Request,
  ): Promise<{ status: number; headers: Headers; body: Record<string, unknown> }> => {
    const response = await (channel.webhook?.(request) as Promise<Response>);
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Record<string, unknown>,
    };
  };
  return { channel, sink, call, stop, ended };
}

describe("webhook calls", () => {
  it("reads a recorded message exactly", async () => {
    const { channel, sink } = setUp();
    const body = await readFile(new URL("../../fixtures/webhook/message.json", import.meta.url), "utf8");
    expect((await channel.webhook?.(signedCall(body)))?.status).toBe(202);
    expect(sink.messages[0]).toEqual({
      id: "build-1042",
      address: { channel: "hook", chat: "builds", thread: "nightly" },
      sender: { id: "hook:ci", name: "Ada", isBot: false },
      text: "Is the **nightly** build green?",
      attachments: [
        {
          kind: "file",
          name: "log.txt",
          mimeType: "text/plain",
          bytes: 10,
          path: expect.any(String),
        },
      ],
      isAddressed: true,
      isGroup: false,
      sentAt: expect.any(Number),
      kind: "message",
    });
  });

  it("says what became of the message", async () => {
    const { call, sink } = setUp();
    expect(await call(signedCall(message))).toMatchObject({
      status: 202,
      body: { status: "accepted" },
    });
    expect(await call(signedCall(message))).toMatchObject({
      status: 202,
      body: { status: "duplicate" },
    });
    const refusing = setUp({}, { ...sink, receive: async () => "refused" });
    expect(await refusing.call(signedCall(message, { headers: { prefer: "wait=60" } }))).toMatchObject({
      status: 202,
      body: { status: "refused" },
    });
  });

  it("answers faulty calls with the reason, and hands nothing over", async () => {
    const { call, sink } = setUp({ maxBodyBytes: 2048 });
    const cases: [Request, number, RegExp][] = [
      [new Request("http://127.0.0.1/hooks/hook"), 405, /POST/],
      [signedCall(message, { headers: { "content-type": "text/plain" } }), 415, /json/],
      [signedCall("{no"), 400, /not JSON/],
      [signedCall([]), 400, /body: /],
      [signedCall({ ...message, id: "" }), 400, /id: /],
      [signedCall({ ...message, sender: {} }), 400, /sender\.id: /],
      [signedCall({ ...message, thraed: "x" }), 400, /thraed/],
      [signedCall({ ...message, attachments: [{ name: "a", data: "not base64!" }] }), 400, /attachments\.0\.data/],
      [signedCall({ ...message, text: "x".repeat(3000) }), 413, /2048/],
    ];
    for (const [request, status, reason] of cases) {
      const answer = await call(request);
      expect([answer.status, answer.body["error"]]).toEqual([status, expect.stringMatching(reason)]);
    }
    expect(sink.receivedIds).toEqual([]);
  });

  it("checks the signature before it looks at anything else", async () => {
    const { call } = setUp();
    expect((await call(signedCall("{no", { key: "wrong wrong wrong wrong" }))).status).toBe(401);
    expect(
      (
        await call(
          signedCall("{no", {
            at: Date.now() - 400_000,
            headers: { "content-type": "text/plain" },
          }),
        )
      ).status,
    ).toBe(401);
    // A timestamp that was not signed does not refresh an old call.
    const old = signedCall(message, { at: Date.now() - 400_000 });
    old.headers.set("x-parlance-timestamp", String(Math.floor(Date.now() / 1000)));
    expect((await call(old)).status).toBe(401);
  });

  it("takes a bearer token where one is set, and nothing else of that kind", async () => {
    const token = "a-token-of-some-length";
    const bearer = (given: string): Request =>
      new Request("http://127.0.0.1/", {
        method: "POST",
        headers: { authorization: `Bearer ${given}`, "content-type": "application/json" },
        body: JSON.stringify(message),
      });
    const { call } = setUp({ secret: undefined, token });
    expect((await call(bearer(token))).status).toBe(202);
    expect((await call(bearer(`${token}x`))).status).toBe(401);
    expect((await call(signedCall(message, { key: "" }))).status).toBe(401);
    expect((await setUp().call(bearer(token))).status).toBe(401);
  });

  it("asks to be called again when nothing was stored, and before it is started", async () => {
    const sink = createRecordingSink();
    const { call, stop } = setUp({}, sink);
    sink.failNext(1);
    const failed = await call(signedCall(message));
    expect([failed.status, failed.headers.get("retry-after")]).toEqual([503, "1"]);
    expect((await call(signedCall(message))).body).toEqual({ status: "accepted" });
    stop.abort();
    expect((await call(signedCall(message))).status).toBe(503);
  });

  it("never throws on any body that is signed", async () => {
    const { call } = setUp();
    const bodies = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.json(),
      fc
        .record({
          id: fc.string(),
          sender: fc.record({ id: fc.string() }),
          text: fc.string(),
          chat: fc.anything(),
        })
        .map((body) => JSON.stringify(body)),
    );
    await fc.assert(
      fc.asyncProperty(bodies, async (body) => [202, 400].includes((await call(signedCall(body))).status)),
    );
  });

  it("parses what it accepts into plain JSON, and throws nothing but bad-input", () => {
    const keys = fc.record(
      {
        id: fc.string(),
        chat: fc.string(),
        thread: fc.string(),
        sender: fc.record({ id: fc.string(), name: fc.string() }, { requiredKeys: ["id"] }),
        text: fc.string(),
        isGroup: fc.boolean(),
      },
      { requiredKeys: ["id", "sender", "text"] },
    );
    fc.assert(
      fc.property(fc.oneof(keys, fc.jsonValue()), (value) => {
        let parsed: InboundMessage;
        try {
          parsed = parseMessage(parseBody(JSON.stringify(value)), "hook", [], 1);
        } catch (error) {
          return isAppError(error, "bad-input");
        }
        return (
          parsed.address.chat !== "" && JSON.stringify(JSON.parse(JSON.stringify(parsed))) === JSON.stringify(parsed)
        );
      }),
    );
  });

  it.each([
    ["wait=10", 10],
    ["respond-async, wait=5", 5],
    ['WAIT="7"; x=y', 7],
    ["wait=100", 60],
    ["wait=0", 0],
    ["wait=-1", 0],
    ["await=9", 0],
    ["wait=abc", 0],
    [null, 0],
  ])("understands Prefer: %s", (header, seconds) => {
    expect(parseWaitSeconds(header)).toBe(seconds);
  });
});

describe("waiting for the reply", () => {
  const wait = { headers: { prefer: "wait=20" } };

  it("holds the response until the reply goes out", async () => {
    const { channel, call, sink } = setUp();
    const held = call(signedCall(message, wait));
    const [received] = await sink.waitFor(1);
    const reply = outbound(received!.address, "hello", { replyToId: "m1" });
    const context = createSendContext();
    expect(await channel.send(reply, context)).toEqual([reply.id]);
    expect(context.recorded).toEqual([reply.id]);
    const answer = await held;
    expect([answer.status, answer.headers.get("preference-applied")]).toEqual([200, "wait=20"]);
    expect(answer.body).toEqual({
      status: "accepted",
      reply: { id: reply.id, chat: "ada", replyToId: "m1", text: "hello" },
    });
  });

  it("gives each caller the reply to their message, and earlier callers the one that covers theirs", async () => {
    const { channel, call, sink } = setUp();
    const post = (id: string, chat: string) => call(signedCall({ ...message, id, chat }, wait));
    const first = post("a1", "a");
    await sink.waitFor(1);
    const second = post("a2", "a");
    await sink.waitFor(2);
    const third = post("a3", "a");
    const other = post("b1", "b");
    await sink.waitFor(4);
    const to = (chat: string) => ({ channel: "hook", chat });
    await channel.send(outbound(to("a"), "late answer to nobody who waits", { replyToId: "a0" }), createSendContext());
    await channel.send(outbound(to("a"), "one and two", { replyToId: "a2" }), createSendContext());
    await channel.send(outbound(to("a"), "three"), createSendContext());
    await channel.send(outbound(to("b"), "b", { replyToId: "b1" }), createSendContext());
    const texts = (await Promise.all([first, second, third, other])).map(
      ({ body }) => (body["reply"] as { text: string }).text,
    );
    expect(texts).toEqual(["one and two", "one and two", "three", "b"]);
  });

  it("goes on without the caller when the time is over", async () => {
    const { channel, call, sink } = setUp();
    const answer = await call(signedCall(message, { headers: { prefer: "wait=1" } }));
    expect([answer.status, answer.body]).toEqual([202, { status: "accepted" }]);
    expect(await channel.send(outbound(sink.messages[0]!.address, "late"), createSendContext())).toHaveLength(1);
  });

  it("finds a reply that went out before the caller asked again", async () => {
    const entry = (id: string, direction: "in" | "out"): TranscriptEntry => ({
      id,
      direction,
      senderName: "x",
      text: `text of ${id}`,
      attachments: [],
      at: 1,
    });
    const transcript = {
      list: async () => [],
      read: async () => [entry("m0", "in"), entry("o0", "out"), entry("m1", "in"), entry("o1", "out")],
    };
    const { call } = setUp({}, createRecordingSink(), { transcript });
    await call(signedCall(message));
    expect((await call(signedCall(message, wait))).body).toEqual({
      status: "duplicate",
      reply: { id: "o1", chat: "ada", text: "text of o1" },
    });
  });

  it("lets callers go when it stops, and when they hang up", async () => {
    const { call, sink, stop } = setUp();
    const hangUp = new AbortController();
    const gone = call(signedCall(message, { ...wait, signal: hangUp.signal }));
    await sink.waitFor(1);
    hangUp.abort();
    expect((await gone).status).toBe(202);
    const held = call(signedCall({ ...message, id: "m2" }, wait));
    await sink.waitFor(2);
    stop.abort();
    expect((await held).status).toBe(202);
  });
});

describe("posting replies", () => {
  const address = { channel: "hook", chat: "ada" };

  it("signs them so that our own check accepts them, and names them by their id", async () => {
    const server = await createReplyServer();
    ends.push(() => server.close());
    const { channel } = setUp({ replyUrl: server.url });
    const sent = outbound(address, "hello", { choices: [{ label: "Yes", command: "/approve 1" }] });
    await channel.send(sent, createSendContext());
    const [call] = server.calls;
    const timestamp = Number(call?.headers["x-parlance-timestamp"]);
    expect(call?.headers["x-parlance-signature"]).toBe(
      signedCall(call?.body, { at: timestamp * 1000 }).headers.get("x-parlance-signature"),
    );
    expect(call?.headers["idempotency-key"]).toBe(sent.id);
    expect(call?.reply).toEqual({ id: sent.id, chat: "ada", text: "hello", choices: sent.choices });
  });

  it("gives the bearer token where there is no secret", async () => {
    const server = await createReplyServer();
    ends.push(() => server.close());
    const { channel } = setUp({
      secret: undefined,
      token: "a-token-of-some-length",
      replyUrl: server.url,
    });
    await channel.send(outbound(address, "hello"), createSendContext());
    expect(server.calls[0]?.headers.authorization).toBe("Bearer a-token-of-some-length");
  });

  it.each(["400", "302"] as const)("gives up for good after %s", async (failure) => {
    const server = await createReplyServer();
    ends.push(() => server.close());
    const { channel } = setUp({ replyUrl: server.url });
    server.failNext(failure);
    await expect(channel.send(outbound(address, "hello"), createSendContext())).rejects.toMatchObject({
      code: "send-rejected",
      retryAfterMs: undefined,
    });
  });

  it("are cut off when it stops and their receiver never answers, and can be posted again", async () => {
    const silent = await createBrokenEndpoint("silent");
    const { channel, stop, ended } = setUp({ replyUrl: silent.url });
    const sent = channel.send(outbound({ channel: "hook", chat: "ada" }, "hello?"), createSendContext());
    const outcome = sent.catch((error: unknown) => error);
    await waitUntil(() => silent.open() > 0);
    const since = performance.now();
    stop.abort();
    await ended;
    expect(await outcome).toMatchObject({ code: "send-uncertain" });
    expect(performance.now() - since).toBeLessThan(5_000);
    await silent.close();
  });

  it("says by its traits who can send", () => {
    expect(setUp().channel.traits.sendsFrom).toBe("connection");
    expect(setUp({ replyUrl: "http://127.0.0.1:9/" }).channel.traits).toMatchObject({
      sendsFrom: "anywhere",
      reconciles: "idempotent",
    });
  });

  it("names files that are too large without their bytes", async () => {
    const server = await createReplyServer();
    ends.push(() => server.close());
    const disk = createTestDisk(16 * 1024 * 1024);
    ends.push(() => disk.remove());
    const large = await disk.files.save(new Blob(["x".repeat(6 * 1024 * 1024)]).stream(), {
      name: "large.txt",
    });
    const small = await disk.files.save(new Blob(["small"]).stream(), { name: "small.txt" });
    const { channel } = setUp({ replyUrl: server.url }, createRecordingSink(), {
      files: disk.files,
    });
    await channel.send(outbound(address, "files", { attachments: [small, large] }), createSendContext());
    expect(server.calls[0]?.reply.attachments?.map(({ name, bytes, data }) => [name, bytes, data])).toEqual([
      ["small.txt", 5, "c21hbGw="],
      ["large.txt", 6 * 1024 * 1024, undefined],
    ]);
  });
});

describe("webhook options", () => {
  it("need a secret or a token of some length", () => {
    expect(optionsSchema.safeParse({}).error?.issues[0]?.message).toMatch(/secret/);
    expect(optionsSchema.safeParse({ secret: "short" }).success).toBe(false);
    expect(optionsSchema.safeParse({ secret, replyUrl: "file:///etc/passwd" }).success).toBe(false);
    expect(optionsSchema.safeParse({ secret, sceret: "x" }).success).toBe(false);
    expect(optionsSchema.parse({ secret })).toEqual({
      secret,
      maxBodyBytes: 262_144,
    });
  });
});
