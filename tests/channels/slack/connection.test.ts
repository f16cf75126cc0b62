import { describe, expect, it } from "vitest";
import { createRecordingSink, createSendContext, outbound, waitUntil } from "../../doubles/channel-context.ts";
import { failure } from "../../contracts/channel-harness.ts";
import { appToken, botToken } from "./harness.ts";
import { createWorkspaces } from "./workspace.ts";

const direct = { channel: "slack", chat: "D0ADA" };

describe("the connection to Slack", () => {
  const { run, create, fakeSlack } = createWorkspaces();

  it("acknowledges only what is stored", async () => {
    const { fake, sink, say } = await run();
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const receive = sink.receive;
    Object.assign(sink, {
      receive: async (message: Parameters<typeof receive>[0]) => {
        await held;
        return receive(message);
      },
    });
    say({ text: "one" });
    await new Promise((resolve) => void setTimeout(resolve, 60));
    expect(fake.socket.acknowledged.size).toBe(0);
    release();
    await waitUntil(() => fake.socket.acknowledged.size === 1);
    expect(sink.messages).toHaveLength(1);
  });

  it("comes back after it was cut, and says so", async () => {
    const { fake, sink, say } = await run();
    fake.socket.cut();
    await sink.waitForState("connecting");
    await sink.waitForState("up");
    say({ text: "again" });
    await sink.waitFor(1);
  });

  it("says that the token was revoked, with what to do, and keeps what is to be sent", async () => {
    const fake = await fakeSlack();
    const { channel, sink } = await run({ fake });
    fake.tokens.delete(botToken);
    const error = await failure(channel.send(outbound(direct, "hello"), createSendContext()));
    expect(error).toMatchObject({ code: "unauthorised", retryAfterMs: expect.any(Number) as number });
    await sink.waitForState("down");
    const reason = expect.stringMatching(/botToken.*api\.slack\.com\/apps/) as string;
    expect(sink.states.at(-1)).toMatchObject({ reason });
  });

  it("is looked at again when Slack says that the app was removed", async () => {
    const fake = await fakeSlack();
    const { sink } = await run({ fake });
    fake.tokens.delete(botToken);
    fake.socket.send(fake.envelope("events_api", fake.wrap({ type: "app_uninstalled" })));
    await sink.waitForState("down");
  });

  it.each([
    ["invalid_auth", undefined, "unauthorised", "appToken"],
    ["missing_scope", "connections:write", "forbidden", "connections:write"],
  ])("says what is wrong with the app-level token: %s", async (error, needed, code, words) => {
    const fake = await fakeSlack();
    fake.failNext("apps.connections.open", { error, ...(needed === undefined ? {} : { needed }) });
    const sink = createRecordingSink();
    const refused = await failure(create(fake).channel.start(sink, new AbortController().signal));
    expect(refused).toMatchObject({ code, retryAfterMs: undefined });
    expect(refused.message).toContain(words);
    expect(sink.states.at(-1)?.state).toBe("down");
  });

  it("refuses to run where nothing can be sent", async () => {
    const fake = await fakeSlack();
    fake.scopes.add("im:history");
    const refused = await failure(create(fake).channel.start(createRecordingSink(), new AbortController().signal));
    expect(refused).toMatchObject({ code: "forbidden", retryAfterMs: undefined });
    expect(refused.message).toContain("chat:write");
  });

  it("waits where Slack asks for it, and where it fails", async () => {
    const fake = await fakeSlack();
    fake.failNext("auth.test", "500");
    fake.failNext("apps.connections.open", "429", { retryAfterS: 1 });
    const { sink } = await run({ fake });
    expect(sink.states.map(({ state }) => state)).toEqual(["connecting", "connecting", "connecting", "up"]);
    expect(fake.calls.get("apps.connections.open")).toBe(2);
  });

  it("outlives frames that cannot be read", async () => {
    const { fake, sink, say } = await run();
    for (const frame of [
      "null",
      "{",
      '{"type":"events_api","envelope_id":"x"}',
      '{"type":"events_api","payload":{}}',
      "[]",
    ])
      fake.socket.sendRaw(frame);
    fake.socket.send(fake.envelope("interactive", { type: "view_submission" }));
    fake.socket.send(fake.envelope("events_api", fake.wrap({ type: "channel_rename", channel: { id: "C0OPS" } })));
    say({ text: "still here" });
    await sink.waitFor(1);
    await waitUntil(() => fake.socket.acknowledged.size >= 3);
  });

  it("is not up before Slack says hello, and stops all the same", async () => {
    const fake = await fakeSlack();
    fake.socket.isSilent = true;
    const { channel } = create(fake);
    const sink = createRecordingSink();
    const stop = new AbortController();
    const ended = channel.start(sink, stop.signal);
    await waitUntil(() => fake.socket.silent.size === 1);
    await new Promise((resolve) => void setTimeout(resolve, 50));
    expect(sink.states.map(({ state }) => state)).toEqual(["connecting"]);
    const since = performance.now();
    stop.abort();
    await ended;
    expect(performance.now() - since).toBeLessThan(5_000);
    await waitUntil(() => fake.socket.silent.size === 0, 2_000);
  });

  it("does not reconnect in a hot loop when Slack sends it away at once", async () => {
    const { fake, sink } = await run();
    fake.socket.disconnect("refresh_requested");
    await sink.waitForState("connecting");
    fake.failNext("auth.test", "500", { times: 100 });
    await new Promise((resolve) => void setTimeout(resolve, 400));
    expect(fake.calls.get("auth.test") ?? 0).toBeLessThan(5);
  });

  it("says that Socket Mode was switched off", async () => {
    const { fake, sink } = await run();
    fake.socket.disconnect("link_disabled");
    await waitUntil(() =>
      sink.states.some((each) => each.state === "connecting" && each.reason.includes("Socket Mode")),
    );
  });

  it("leaves messages for other installations of the app alone", async () => {
    const { fake, sink, say } = await run();
    const { event } = fake.write({ chat: "C0OPS", text: "not for us" });
    const elsewhere = { authorizations: [{ team_id: "T0OTHER", user_id: "U0OTHER" }], team_id: "T0OTHER" };
    fake.socket.send(fake.envelope("events_api", { ...fake.wrap(event), ...elsewhere }));
    await waitUntil(() => fake.socket.acknowledged.size === 1);
    say({ text: "for us" });
    await waitUntil(() => sink.messages.some(({ text }) => text === "for us"));
    expect(sink.receivedIds.length).toBeLessThanOrEqual(2);
  });

  it("keeps two workspaces apart", async () => {
    const other = { userId: "U1BOT", botId: "B1BOT", teamId: "T1TEAM" };
    const [work, home] = [
      await fakeSlack(),
      await fakeSlack({ botToken: "xoxb-home-token", appToken: "xapp-home-token", bot: other }),
    ];
    const first = await run({ fake: work, name: "slack-work" });
    const second = await run({
      fake: home,
      name: "slack-home",
      options: { botToken: "xoxb-home-token", appToken: "xapp-home-token" },
    });
    first.say({ text: "at work" });
    second.say({ text: "at home" });
    const [atWork] = await first.sink.waitFor(1);
    const [atHome] = await second.sink.waitFor(1);
    expect([atWork?.sender.id, atHome?.sender.id]).toEqual(["slack-work:U0ADA", "slack-home:U0ADA"]);
    await second.channel.send(outbound({ channel: "slack-home", chat: "D0ADA" }, "hello"), createSendContext());
    expect([work.sent().length, home.sent().length]).toEqual([0, 1]);
    work.failNext("chat.postMessage", "429", { retryAfterS: 60 });
    await failure(first.channel.send(outbound({ channel: "slack-work", chat: "D0ADA" }, "x"), createSendContext()));
    await second.channel.send(outbound({ channel: "slack-home", chat: "D0ADA" }, "y"), createSendContext());
    await first.end();
    second.say({ text: "still at home" });
    await second.sink.waitFor(2);
  });

  it("tells no secret in its errors", async () => {
    const fake = await fakeSlack();
    const words: string[] = [];
    for (const how of [
      "500",
      "cut-before-accept",
      { error: "invalid_auth" },
      { error: "channel_not_found" },
    ] as const) {
      const { channel } = create(fake);
      fake.failNext("chat.postMessage", how);
      const error = await failure(channel.send(outbound(direct, "a secret text"), createSendContext()));
      words.push(`${error.message} ${error.hint} ${error.stack}`);
    }
    for (const secret of [botToken, appToken, "a secret text", fake.url])
      expect(words.join("\n")).not.toContain(secret);
  });
});
