import { afterEach, describe, expect, it } from "vitest";
import { optionsSchema } from "../../../channels/sms/config.ts";
import { setup } from "../../../channels/sms/setup.ts";
import type { Channel } from "../../../src/core/channel.ts";
import {
  createRecordingSink,
  createSendContext,
  outbound,
  waitUntil,
  type RecordingSink,
} from "../../doubles/channel-context.ts";
import { accountSid, authToken, createSms, hookUrl, ours, person, type SmsSetup } from "./harness.ts";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function make(extra: Readonly<Record<string, unknown>> = {}): Promise<SmsSetup> {
  const made = await createSms(extra);
  cleanups.push(() => made.close());
  return made;
}

async function run(
  made: SmsSetup,
  sink: RecordingSink = createRecordingSink(),
): Promise<{ channel: Channel; sink: RecordingSink; end: () => Promise<void> }> {
  const channel = made.create();
  const stop = new AbortController();
  const ended = channel.start(sink, stop.signal);
  const end = async (): Promise<void> => {
    stop.abort();
    await ended;
  };
  cleanups.push(end);
  await sink.waitForState("up");
  return { channel, sink, end };
}

const address = { channel: "text", chat: person };
const say = (made: SmsSetup, body: string, from = person): ReturnType<SmsSetup["fake"]["receive"]> =>
  made.fake.receive({ from, to: ours, body });
const sentBy = (made: SmsSetup): string[] =>
  made.fake.messages.filter(({ direction }) => direction === "outbound-api").map(({ body }) => body);

describe("STOP", () => {
  it("ends all sending, after a restart, too, until START comes", async () => {
    const made = await make();
    const first = await run(made);
    await say(made, " stop ");
    await first.end();
    const { channel, sink } = await run(made, first.sink);
    await expect(channel.send(outbound(address, "hi"), createSendContext())).rejects.toMatchObject({
      code: "send-rejected",
      retryAfterMs: undefined,
      message: expect.stringContaining("STOP") as string,
    });
    expect(sentBy(made)).toEqual([]);
    await say(made, "START");
    await channel.send(outbound(address, "welcome back"), createSendContext());
    expect(sentBy(made)).toEqual(["welcome back"]);
    expect(sink.messages).toEqual([]);
  });

  it("is not undone by a START that came before it and is told late", async () => {
    const made = await make({ pollSeconds: 0.02 });
    const { channel, sink } = await run(made);
    made.advance(60_000);
    await say(made, "STOP");
    await made.fake.receive({ from: person, to: ours, body: "START", isSilent: true });
    await made.fake.receive({ from: person, to: ours, body: "marker", isSilent: true });
    await sink.waitFor(1);
    await expect(channel.send(outbound(address, "hi"), createSendContext())).rejects.toMatchObject({
      code: "send-rejected",
    });
  });

  it("is learnt from Twilio's refusal as well", async () => {
    const made = await make();
    const { channel } = await run(made);
    made.fake.failNext("400", { code: 21610 });
    const rejected = { code: "send-rejected", message: expect.stringContaining("opted out") as string };
    await expect(channel.send(outbound(address, "hi"), createSendContext())).rejects.toMatchObject(rejected);
    await expect(channel.send(outbound(address, "hi"), createSendContext())).rejects.toMatchObject(rejected);
    expect(made.fake.calls.get(`POST /2010-04-01/Accounts/${accountSid}/Messages.json`)).toBe(1);
  });

  it("leaves HELP to Twilio, or answers it with what is configured", async () => {
    const quiet = await make();
    const { sink } = await run(quiet);
    expect(await (await say(quiet, "HELP")).response?.text()).not.toContain("<Message>");
    expect(sink.messages).toEqual([]);
    const made = await make({ helpText: "Ask <anything> & more." });
    await run(made);
    expect(await (await say(made, "help")).response?.text()).toContain(
      "<Message>Ask &lt;anything&gt; &amp; more.</Message>",
    );
  });
});

describe("who is heard", () => {
  it("are only the numbers of allowFrom, where it is set", async () => {
    const made = await make({ allowFrom: ["+15550100077"] });
    const { sink } = await run(made);
    await say(made, "let me in");
    await say(made, "it is me", "+15550100077");
    expect((await sink.waitFor(1)).map(({ text }) => text)).toEqual(["it is me"]);
  });

  it("are those that wrote to our number, not to another of the account", async () => {
    const made = await make({ pollSeconds: 0.02 });
    const { sink } = await run(made);
    await made.fake.receive({ from: person, to: "+15550100199", body: "not for you", isSilent: true });
    await made.fake.receive({ from: person, to: ours, body: "for you", isSilent: true });
    await sink.waitFor(1);
    expect(sink.messages.map(({ text }) => text)).toEqual(["for you"]);
  });
});

describe("choices", () => {
  const choices = [
    { label: "Approve", command: "/approve 3f9a" },
    { label: "Deny", command: "/deny 3f9a" },
  ];

  it("are picked by number, while they are the last thing we said", async () => {
    const made = await make();
    const { channel, sink } = await run(made);
    await channel.send(outbound(address, "May I?", { choices }), createSendContext());
    await say(made, "2");
    expect((await sink.waitFor(1))[0]).toMatchObject({ kind: "command", text: "/deny 3f9a", isAddressed: true });
    await channel.send(outbound(address, "How many?"), createSendContext());
    await say(made, "1");
    expect((await sink.waitFor(2))[1]).toMatchObject({ kind: "message", text: "1" });
  });

  it("that never went out are no answer", async () => {
    const made = await make();
    const { channel, sink } = await run(made);
    await channel.send(outbound(address, "May I?", { choices }), createSendContext());
    made.fake.failNext("503");
    const other = outbound(address, "Delete it?", { choices: choices.toReversed() });
    await expect(channel.send(other, createSendContext())).rejects.toMatchObject({ code: "unreachable" });
    await say(made, "1");
    expect((await sink.waitFor(1))[0]).toMatchObject({ kind: "message", text: "1" });
  });
});

describe("what Twilio tells of our messages", () => {
  it("is passed on with our id, when it is signed", async () => {
    const made = await make();
    const { channel, sink } = await run(made);
    await channel.send(outbound(address, "hi", { id: "out-42" }), createSendContext());
    const [message] = made.fake.messages;
    if (message === undefined) throw new Error("nothing was sent");
    for (const status of ["queued", "sent", "delivered"]) await made.fake.report(message, status);
    await made.fake.report(message, "undelivered", 30007);
    expect(sink.reports).toEqual([
      { outboundId: "out-42", state: "delivered" },
      { outboundId: "out-42", state: "failed", reason: "the carrier filtered the message as unwanted (30007)" },
    ]);
    const { body, headers } = made.fake.sign(`${hookUrl}?outbound=out-42`, { MessageStatus: "failed" });
    const moved = new Request(`${hookUrl}?outbound=out-43`, { method: "POST", body, headers, duplex: "half" });
    expect((await channel.webhook?.(moved))?.status).toBe(403);
    expect(sink.reports).toHaveLength(2);
  });
});

describe("what was not told", () => {
  it("is looked up at once when a call could not be stored, and nothing overtakes it", async () => {
    const made = await make();
    const { sink } = await run(made);
    sink.failNext(1);
    const { response } = await say(made, "first");
    expect(response?.status).toBe(500);
    expect((await say(made, "second")).response?.status).toBe(200);
    expect((await sink.waitFor(2)).map(({ text }) => text)).toEqual(["first", "second"]);
  });

  it("comes before what is told while it is looked up", async () => {
    const made = await make();
    const first = await run(made);
    await first.end();
    for (const body of ["one", "two", "three"])
      await made.fake.receive({ from: person, to: ours, body, isSilent: true });
    const slow = createRecordingSink(30);
    const running = run(made, slow);
    const told = await say(made, "four");
    await running;
    expect(told.response?.status).toBe(200);
    expect((await slow.waitFor(4)).map(({ text }) => text)).toEqual(["one", "two", "three", "four"]);
  });

  it("is handed over once, in order, from more than a page", async () => {
    const made = await make({ pollSeconds: 0.02 });
    const { sink } = await run(made);
    const bodies = Array.from({ length: 230 }, (_, index) => `m${index}`);
    for (const body of bodies) await made.fake.receive({ from: person, to: ours, body, isSilent: true });
    await sink.waitFor(230);
    expect(sink.messages.map(({ text }) => text)).toEqual(bodies);
    const before = sink.receivedIds.length;
    await new Promise((resolve) => void setTimeout(resolve, 100));
    expect(sink.receivedIds).toHaveLength(before);
  });

  it("is asked about no more once it is stored", async () => {
    const made = await make({ pollSeconds: 0.02 });
    const { sink } = await run(made);
    const files = [{ name: "a.png", type: "image/png", content: Buffer.from("89504e470d0a1a0a", "hex") }];
    const { message } = await made.fake.receive({ from: person, to: ours, body: "look", files, isSilent: true });
    await sink.waitFor(1);
    const root = `/2010-04-01/Accounts/${accountSid}`;
    const polls = (): number => made.fake.calls.get(`GET ${root}/Messages.json`) ?? 0;
    const before = polls();
    await waitUntil(() => polls() >= before + 3);
    expect(made.fake.calls.get(`GET ${root}/Messages/${message.sid}/Media.json`)).toBe(1);
  });

  it("is not what was there before we began", async () => {
    const made = await make();
    await made.fake.receive({ from: person, to: ours, body: "long ago", isSilent: true });
    const [old] = made.fake.messages.splice(0);
    if (old !== undefined) made.fake.messages.push({ ...old, createdAt: old.createdAt - 60_000 });
    const { sink, end } = await run(made);
    await say(made, "now");
    await end();
    await run(made, sink);
    expect(sink.messages.map(({ text }) => text)).toEqual(["now"]);
  });
});

describe("files", () => {
  it("are fetched with our credentials from Twilio, and without from where it points to", async () => {
    const made = await make();
    const { sink } = await run(made);
    const files = [{ name: "a.png", type: "image/png", content: Buffer.from("89504e470d0a1a0a", "hex") }];
    await made.fake.receive({ from: person, to: ours, body: "look", files });
    await sink.waitFor(1);
    expect(made.fake.downloads).toEqual([
      ["api", `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString("base64")}`],
      ["store", undefined],
    ]);
  });

  it("are handed to whoever has the signed address, for some hours", async () => {
    const made = await make();
    const { channel } = await run(made);
    const png = await made.disk.files.save([Buffer.from("89504e470d0a1a0a", "hex")] as never, { name: "a b.png" });
    await channel.send(outbound(address, "", { attachments: [png] }), createSendContext());
    const url = made.fake.messages[0]?.form.get("MediaUrl") ?? "";
    expect((await channel.webhook?.(new Request(url)))?.status).toBe(200);
    expect((await channel.webhook?.(new Request(url, { method: "HEAD" })))?.headers.get("content-length")).toBe("8");
    const [, payload = ""] = /file=([^&]+)/.exec(url) ?? [];
    const other = Buffer.from(Buffer.from(payload, "base64url").toString().replace(png.path, "../secret")).toString(
      "base64url",
    );
    expect((await channel.webhook?.(new Request(url.replace(payload, other))))?.status).toBe(403);
    made.advance(7 * 3_600_000);
    expect((await channel.webhook?.(new Request(url)))?.status).toBe(410);
  });
});

describe("a send that was cut off", () => {
  it("is left open when something else went to the person at that time", async () => {
    const made = await make();
    const { channel } = await run(made);
    const message = outbound(address, "only once");
    const hint = channel.reconcileHint?.(message) ?? "";
    made.fake.failNext("cut-before-accept");
    await expect(channel.send(message, createSendContext())).rejects.toMatchObject({ code: "send-uncertain" });
    // By a colleague in the Console.
    made.fake.messages.push({
      sid: "SMconsole",
      from: ours,
      to: person,
      body: "something else",
      direction: "outbound-api",
      serviceSid: null,
      createdAt: Date.now(),
      media: [],
      statusCallback: undefined,
      form: new URLSearchParams(),
    });
    made.advance(30_000);
    expect(await channel.reconcile?.(message, createSendContext([], { hint }))).toMatchObject({ state: "unknown" });
  });

  it("is not taken for an earlier message that says the same", async () => {
    const made = await make();
    const { channel } = await run(made);
    await channel.send(outbound(address, "OK"), createSendContext());
    const again = outbound(address, "OK");
    const hint = channel.reconcileHint?.(again) ?? "";
    made.fake.failNext("cut-before-accept");
    await expect(channel.send(again, createSendContext())).rejects.toMatchObject({ code: "send-uncertain" });
    await expect(channel.reconcile?.(again, createSendContext([], { hint }))).rejects.toMatchObject({
      code: "unreachable",
      message: expect.stringContaining("too early") as string,
    });
    made.advance(11_000);
    expect(await channel.reconcile?.(again, createSendContext([], { hint }))).toEqual({ state: "absent" });
  });

  it("by an answer of 500 is in doubt, too; by 503 it is not", async () => {
    const made = await make();
    const { channel } = await run(made);
    made.fake.failNext("500");
    await expect(channel.send(outbound(address, "hi"), createSendContext())).rejects.toMatchObject({
      code: "send-uncertain",
    });
    made.fake.failNext("503");
    await expect(channel.send(outbound(address, "hi"), createSendContext())).rejects.toMatchObject({
      code: "unreachable",
    });
  });
});

describe("refusals", () => {
  it("are told in plain words, without numbers and texts", async () => {
    const made = await make();
    const { channel } = await run(made);
    made.fake.failNext("400", { code: 21614 });
    const error = await channel
      .send(outbound(address, "secret words"), createSendContext())
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "send-rejected",
      message: "Twilio answered 400: the number is not a mobile number (21614).",
    });
    const invalid = channel.send(outbound({ channel: "text", chat: "+0" }, "hi"), createSendContext());
    await expect(invalid).rejects.toMatchObject({ message: expect.stringContaining("21211") as string });
  });

  it("for bad credentials end the start, and say what to do", async () => {
    const made = await make({ authToken: "a-wrong-token-12345" });
    const sink = createRecordingSink();
    await expect(made.create().start(sink, new AbortController().signal)).rejects.toMatchObject({
      code: "unauthorised",
      retryAfterMs: undefined,
      hint: expect.stringContaining("authToken") as string,
    });
    expect(sink.states.at(-1)).toMatchObject({ state: "down" });
  });

  it("with a wait hold everybody up, without another call", async () => {
    const made = await make();
    const { channel } = await run(made);
    made.fake.failNext("429", { retryAfterS: 60 });
    await expect(channel.send(outbound(address, "hi"), createSendContext())).rejects.toMatchObject({
      retryAfterMs: 60_000,
    });
    const other = outbound({ channel: "text", chat: "+15550100077" }, "hi");
    await expect(channel.send(other, createSendContext())).rejects.toMatchObject({ code: "rate-limited" });
    expect(made.fake.calls.get(`POST /2010-04-01/Accounts/${accountSid}/Messages.json`)).toBe(1);
    made.advance(60_000);
    await channel.send(other, createSendContext());
  });
});

describe("cost", () => {
  it("is logged for each reply, without its words", async () => {
    const made = await make({ segmentPrice: "0.0083 USD", maxSegments: 2 });
    const { channel } = await run(made);
    await channel.send(outbound(address, "x".repeat(161)), createSendContext());
    await channel.send(outbound(address, "y".repeat(1_000)), createSendContext());
    const costs = made.logged.filter(({ words }) => words === "A reply went out by SMS").map(({ fields }) => fields);
    expect(costs).toMatchObject([
      { segments: 2, cost: 0.0166, currency: "USD" },
      { segments: 2, cost: 0.0166 },
    ]);
    expect(JSON.stringify(made.logged)).not.toMatch(/xxx|yyy/);
    expect(made.logged.some(({ words }) => words.includes("was cut"))).toBe(true);
  });

  it.each(["0.0083", "USD 0.0083", "0.0083 usd", "-1 USD", "0,0083 USD"])("takes no price like %s", (segmentPrice) => {
    const parsed = optionsSchema.safeParse({ accountSid, authToken, from: ours, segmentPrice });
    expect(parsed.error?.issues.map(({ message }) => message)).toEqual(['must look like "0.0083 USD"']);
  });
});

describe("set-up", () => {
  it("tells whose number it is and what replies cost", async () => {
    const made = await make();
    const options = { accountSid, authToken, from: ours, apiUrl: made.fake.url, segmentPrice: "0.01 USD" };
    const { signal } = new AbortController();
    expect(await setup.check(options, signal)).toBe(
      `${ours} (Example Inc.). Segments: 160 letters take 1 (0.0100 USD), 500 letters 4 (0.0400 USD), 500 with an emoji 8 (0.0800 USD); a reply at most 10 (0.1000 USD).`,
    );
    await expect(setup.check({ ...options, from: "+15550100999" }, signal)).rejects.toMatchObject({
      code: "not-found",
    });
    await expect(setup.check({ ...options, authToken: "a-wrong-token" }, signal)).rejects.toMatchObject({
      code: "unauthorised",
    });
    await expect(setup.check({ accountSid }, signal)).rejects.toMatchObject({ code: "config-invalid" });
    expect(made.fake.messages).toEqual([]);
  });

  it("says of a trial account that it cannot send what we write", async () => {
    const made = await make();
    made.fake.account.type = "Trial";
    const options = { accountSid, authToken, from: ours, apiUrl: made.fake.url };
    await expect(setup.check(options, new AbortController().signal)).rejects.toMatchObject({
      code: "forbidden",
      message: expect.stringContaining("trial") as string,
      hint: expect.stringContaining("Upgrade") as string,
    });
  });

  it("says why a trial account's reply was refused", async () => {
    const made = await make();
    const { channel } = await run(made);
    made.fake.failNext("400", { code: 572_006 });
    await expect(channel.send(outbound(address, "hi"), createSendContext())).rejects.toMatchObject({
      code: "send-rejected",
      message: expect.stringContaining("trial account") as string,
    });
  });
});

describe("a Messaging Service", () => {
  it("sends by its sid, and listens on all of its numbers", async () => {
    const messagingServiceSid = `MG${"3".repeat(32)}`;
    const made = await make({ from: undefined, messagingServiceSid, pollSeconds: 0.02 });
    const { channel, sink } = await run(made);
    await channel.send(outbound(address, "hi"), createSendContext());
    expect(Object.fromEntries(made.fake.messages[0]?.form ?? [])).toMatchObject({
      MessagingServiceSid: messagingServiceSid,
      To: person,
    });
    expect(made.fake.messages[0]?.form.has("From")).toBe(false);
    await made.fake.receive({ from: person, to: ours, body: "told" });
    expect((await sink.waitFor(1))[0]?.text).toBe("told");
  });
});

it("stops at once, whatever it waits for, and does nothing more", async () => {
  const made = await make();
  const { channel, end } = await run(made);
  const calls = made.fake.calls.size;
  await end();
  await waitUntil(() => true);
  const answer = await channel.webhook?.(
    made.fake.sign(hookUrl, { MessageSid: "SM1", From: person, To: ours, Body: "hi" }),
  );
  expect(answer?.status).toBe(503);
  expect(made.fake.calls.size).toBe(calls);
});
