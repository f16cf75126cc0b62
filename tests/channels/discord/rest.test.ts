import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { createConnect } from "../../../channels/discord/connect.ts";
import { createRateLimits, findRoute } from "../../../channels/discord/rate-limits.ts";
import { callDiscord } from "../../../channels/discord/rest.ts";
import { createSession } from "../../../channels/discord/session.ts";
import { setup } from "../../../channels/discord/setup.ts";
import { silentLogger } from "../../../src/core/log.ts";
import {
  createRecordingSink,
  createSendContext,
  createTestDisk,
  outbound,
  waitUntil,
} from "../../doubles/channel-context.ts";
import { failure } from "../../contracts/channel-harness.ts";
import { createScene } from "./scene.ts";

const headers = (values: Readonly<Record<string, string>>): Pick<Headers, "get"> => ({
  get: (name) => values[name] ?? null,
});

describe("routes", () => {
  it.each([
    ["GET", "/channels/123456/messages?limit=1", "GET /channels/:id/messages", "123456"],
    ["PATCH", "/channels/123456/messages/654321", "PATCH /channels/:id/messages/:id", "123456"],
    [
      "PUT",
      "/channels/123456/messages/654321/reactions/%F0%9F%91%8D/@me",
      "PUT /channels/:id/messages/:id/reactions",
      "123456",
    ],
    ["GET", "/guilds/123456/members/654321", "GET /guilds/:id/members/:id", "123456"],
    ["GET", "/users/654321", "GET /users/:id", ""],
    ["GET", "/users/@me", "GET /users/@me", ""],
    [
      "PATCH",
      "/webhooks/123456/secret/messages/@original",
      "PATCH /webhooks/:id/:token/messages/@original",
      "123456/secret",
    ],
    ["POST", "/interactions/123456/secret/callback", "POST /interactions/:id/:token/callback", ""],
  ])("%s %s", (method, path, key, major) => expect(findRoute(method, path)).toMatchObject({ key, major }));
});

describe("rate limits", () => {
  const told = headers({
    "x-ratelimit-bucket": "abc",
    "x-ratelimit-limit": "5",
    "x-ratelimit-remaining": "0",
    "x-ratelimit-reset-after": "60",
  });

  it("are shared by the routes of a bucket, and counted for each channel by itself", async () => {
    const limits = createRateLimits(() => 1_000);
    const post = findRoute("POST", "/channels/111111/messages");
    const edit = findRoute("PATCH", "/channels/111111/messages/654321");
    limits.note(
      edit,
      headers({
        "x-ratelimit-bucket": "abc",
        "x-ratelimit-limit": "5",
        "x-ratelimit-remaining": "4",
        "x-ratelimit-reset-after": "60",
      }),
    );
    limits.note(post, told);
    expect(await failure(limits.admit(edit))).toMatchObject({ code: "rate-limited", retryAfterMs: 60_000 });
    await limits.admit(findRoute("POST", "/channels/222222/messages"));
  });

  it("for the whole bot stop everything but answers to interactions", async () => {
    let now = 1_000;
    const limits = createRateLimits(() => now);
    limits.refuse(findRoute("GET", "/users/@me"), 500, true);
    expect(await failure(limits.admit(findRoute("POST", "/channels/111111/messages")))).toMatchObject({
      retryAfterMs: 500,
    });
    await limits.admit(findRoute("POST", "/interactions/123456/secret/callback"));
    now += 500;
    await limits.admit(findRoute("POST", "/channels/111111/messages"));
  });

  it("count what goes out side by side", async () => {
    const limits = createRateLimits(() => 1_000);
    const route = findRoute("GET", "/channels/111111/messages");
    limits.note(
      route,
      headers({
        "x-ratelimit-bucket": "abc",
        "x-ratelimit-limit": "2",
        "x-ratelimit-remaining": "2",
        "x-ratelimit-reset-after": "60",
      }),
    );
    await Promise.all([limits.admit(route), limits.admit(route)]);
    await expect(limits.admit(route)).rejects.toMatchObject({ code: "rate-limited" });
  });

  it("may come from the network in front of Discord, as a page", async () => {
    const server = createServer((_request, response) =>
      response.writeHead(429, { "content-type": "text/html", "retry-after": "7" }).end("<html>"),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const limits = createRateLimits(() => 1_000);
    const api = { root: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: "secret-token", limits };
    const error = await failure(callDiscord(api, { method: "GET", path: "/users/@me", effect: "read" }));
    server.closeAllConnections();
    server.close();
    expect(error).toMatchObject({ code: "rate-limited", retryAfterMs: 7_000 });
    await expect(limits.admit(findRoute("POST", "/channels/111111/messages"))).rejects.toMatchObject({
      retryAfterMs: 7_000,
    });
  });
});

describe("files that come", () => {
  it("are fetched from safe addresses only; what cannot be had is said", async () => {
    const { fake, run } = await createScene();
    const { sink } = await run();
    const file = (name: string, url: string): object => ({ id: "1", filename: name, size: 5, url, proxy_url: url });
    const large = Buffer.alloc(2_000_000);
    fake.say({ text: "large", file: { name: "large.bin", content: large } });
    fake.say({
      text: "others",
      extra: {
        attachments: [
          file("inside.txt", "http://127.0.0.1:9/secret"),
          file("gone.txt", `${fake.url.replace("/api/v10", "")}/attachments/gone`),
        ] as never,
      },
    });
    const messages = await sink.waitFor(2);
    expect(messages.map(({ text, attachments }) => [text, attachments.length])).toEqual([
      ["large\n\n[The file large.bin could not be kept: it is too large.]", 0],
      [
        "others\n\n[The file inside.txt could not be kept: its address is not safe.]\n\n[The file gone.txt could not be kept: Discord does not have it any more.]",
        0,
      ],
    ]);
  });
});

describe("channels that the bot may not see", () => {
  it("do not hold up what was missed elsewhere", async () => {
    const { fake, disk, run } = await createScene();
    const { world } = fake;
    const first = await run();
    fake.say({ channel: world.general, text: "before" });
    await first.sink.waitFor(1);
    await first.end();
    fake.gateway.expireSessions();
    fake.say({ channel: world.general, text: "unseen" });
    fake.say({ channel: world.thread, text: "missed" });
    fake.routes.deny(world.general);
    await run(first.sink);
    const [, missed] = await first.sink.waitFor(2);
    expect(missed).toMatchObject({ text: "missed", address: { thread: world.thread } });
    // Nor the session, which is kept only when all that can be read was read.
    await waitUntil(() => disk.entries.get("session") !== "");
  });

  it("are named with what to do", async () => {
    const { fake, create } = await createScene();
    fake.routes.deny(fake.world.general);
    const message = outbound({ channel: "disc", chat: fake.world.general }, "hello");
    expect(await failure(create().send(message, createSendContext()))).toMatchObject({
      code: "send-rejected",
      hint: expect.stringContaining("View Channel") as string,
    });
  });
});

describe("people", () => {
  it("who react in a direct chat have a name, which is asked for once", async () => {
    const { fake, run } = await createScene();
    const message = fake.say({ text: "before anybody listened" });
    const { sink } = await run();
    fake.react(message, "👍");
    fake.react(message, "🎉");
    const reactions = await sink.waitFor(2);
    expect(reactions.map(({ sender }) => sender.name)).toEqual(["Ada", "Ada"]);
    expect(fake.calls.filter(({ path }) => path === `/users/${fake.world.ada.id}`)).toHaveLength(1);
  });
});

describe("the connection", () => {
  it("is made anew when the address for resuming is gone", async () => {
    const { fake, disk, run } = await createScene();
    await (await run()).end();
    const kept = JSON.parse(disk.entries.get("session") ?? "{}") as object;
    await disk.state.set("session", JSON.stringify({ ...kept, url: "ws://127.0.0.1:9/gateway" }));
    const stop = new AbortController();
    const sink = createRecordingSink();
    const ended = run(sink);
    await sink.waitForState("up", 15_000);
    expect(fake.gateway.identifies).toHaveLength(2);
    stop.abort();
    await ended;
  }, 20_000);

  it("is left while too much is in hand, and taken up again", async () => {
    const { fake } = await createScene();
    const session = createSession(createTestDisk().state);
    let waiting = 0;
    const heard: number[] = [];
    const connect = createConnect({
      api: { root: fake.url, token: fake.token, limits: createRateLimits(Date.now) },
      intents: 1 << 12,
      session,
      log: silentLogger,
      isHidden: () => false,
      maxWaiting: 3,
      resumeWaiting: 0,
      intake: {
        onEvent({ t, s, d }) {
          if ((t as string) === "READY") {
            const { session_id: id, resume_gateway_url: url } = d as { session_id: string; resume_gateway_url: string };
            session.begin(id, url, 1 << 12);
          }
          if (!session.events.begin(s) || (t as string) !== "MESSAGE_CREATE") return;
          heard.push(s);
          waiting += 1;
        },
        waiting: () => waiting,
      },
    });
    const stop = new AbortController();
    const first = connect(stop.signal, () => {
      for (let index = 0; index < 10; index += 1) fake.say({ text: `${index}` });
    });
    await first;
    const atOnce = heard.length;
    expect(atOnce).toBeGreaterThanOrEqual(4);
    const second = connect(stop.signal, () => undefined);
    await new Promise((resolve) => void setTimeout(resolve, 100));
    expect(heard).toHaveLength(atOnce);
    expect(fake.gateway.resumes).toEqual([]);
    waiting = -100;
    await waitUntil(() => heard.length === 10);
    expect(heard).toEqual(heard.toSorted((a, b) => a - b));
    stop.abort();
    await second;
  });
});

describe("setting up", () => {
  const signal = new AbortController().signal;

  it("tells who the bot is, and how to invite it, without changing anything", async () => {
    const { fake } = await createScene();
    const words = await setup.check({ token: fake.token, restUrl: fake.url, messageContent: true }, signal);
    expect(words).toMatch(/^parlance, in 1 server\./);
    expect(words).toContain(
      `client_id=${fake.world.applicationId}&scope=bot+applications.commands&permissions=274878008384`,
    );
    expect(fake.calls.every(({ method }) => method === "GET")).toBe(true);
  });

  it("says what is wrong: the token, the intent", async () => {
    const { fake } = await createScene();
    const options = { restUrl: fake.url, messageContent: true };
    await expect(setup.check({ ...options, token: "not.the.token.of-the-bot" }, signal)).rejects.toMatchObject({
      code: "unauthorised",
      hint: expect.stringContaining("Reset Token") as string,
    });
    fake.setMessageContent(false);
    await expect(setup.check({ ...options, token: fake.token }, signal)).rejects.toMatchObject({
      code: "forbidden",
      hint: expect.stringContaining("Privileged Gateway Intents") as string,
    });
    await setup.check({ ...options, messageContent: false, token: fake.token }, signal);
  });
});
