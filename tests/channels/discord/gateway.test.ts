import { describe, expect, it } from "vitest";
import { createCursors } from "../../../channels/discord/cursors.ts";
import { idAt } from "../../../channels/discord/snowflake.ts";
import { createStoredEvents } from "../../../channels/discord/stored-events.ts";
import { createRecordingSink, createTestDisk, waitUntil } from "../../doubles/channel-context.ts";
import { createScene, type Running } from "./scene.ts";

const texts = ({ sink }: Pick<Running, "sink">): readonly string[] => sink.messages.map(({ text }) => text);

describe("a connection that drops", () => {
  it.each(["cut", 4_000, 1_001] as const)("is resumed, and nothing is lost or comes twice: %s", async (how) => {
    const { fake, run } = await createScene();
    const running = await run();
    fake.say({ text: "before" });
    await running.sink.waitFor(1);
    fake.gateway.drop(how);
    await waitUntil(() => fake.gateway.connections() === 0);
    fake.say({ text: "meanwhile" });
    await running.sink.waitFor(2);
    fake.say({ text: "after" });
    await running.sink.waitFor(3);
    expect(texts(running)).toEqual(["before", "meanwhile", "after"]);
    expect(running.sink.receivedIds).toHaveLength(3);
    expect(fake.gateway.identifies).toHaveLength(1);
    expect(fake.gateway.resumes).toHaveLength(1);
  });

  it("is left and resumed when Discord asks for it", async () => {
    const { fake, run } = await createScene();
    const running = await run();
    fake.gateway.askReconnect();
    await waitUntil(() => fake.gateway.resumes.length === 1);
    await running.sink.waitForState("up");
    fake.say({ text: "still there?" });
    await running.sink.waitFor(1);
    expect(fake.gateway.identifies).toHaveLength(1);
  });

  it("is known to be dead when heartbeats are not confirmed", async () => {
    const { fake, run } = await createScene({ heartbeatMs: 60 });
    const running = await run();
    await waitUntil(() => fake.gateway.heartbeats.length >= 2);
    fake.gateway.muteHeartbeats(true);
    await waitUntil(() => fake.gateway.resumes.length >= 1);
    fake.gateway.muteHeartbeats(false);
    fake.say({ text: "hello" });
    await running.sink.waitFor(1);
    expect(texts(running)).toEqual(["hello"]);
  });

  it("is made up for from history when the session is gone: every chat, in order, each message once", async () => {
    const { fake, run } = await createScene();
    const { world } = fake;
    const running = await run();
    fake.say({ text: "before" });
    fake.say({ channel: world.general, text: "before, in the channel" });
    await running.sink.waitFor(2);
    fake.gateway.expireSessions();
    fake.gateway.drop("cut");
    await waitUntil(() => fake.gateway.connections() === 0);
    const missed = Array.from({ length: 230 }, (_, index) => `missed ${index}`);
    for (const text of missed) fake.say({ text });
    // Nobody had ever spoken there while we listened.
    fake.say({ channel: world.thread, text: "in the thread", isMention: true });
    fake.say({ channel: world.general, text: "in the channel" });
    const messages = await running.sink.waitFor(234);
    expect(messages.filter(({ address }) => address.chat === world.direct).map(({ text }) => text)).toEqual([
      "before",
      ...missed,
    ]);
    expect(messages.find(({ address }) => address.thread !== undefined)).toMatchObject({
      text: "in the thread",
      address: { chat: world.general, thread: world.thread },
      isAddressed: true,
      isGroup: true,
    });
    expect(new Set(running.sink.receivedIds).size).toBe(234);
    expect(fake.gateway.identifies).toHaveLength(2);
  });
});

describe("a restart of the process", () => {
  it("takes the session up where the last one ended", async () => {
    const { fake, run } = await createScene();
    const first = await run();
    fake.say({ text: "before" });
    await first.sink.waitFor(1);
    await first.end();
    const sent = fake.say({ text: "meanwhile" });
    fake.edit(sent, "meanwhile, changed");
    const second = await run(first.sink);
    await first.sink.waitFor(3);
    expect(texts(second)).toEqual(["before", "meanwhile", "meanwhile, changed"]);
    expect(fake.gateway.identifies).toHaveLength(1);
    expect(first.sink.receivedIds).toHaveLength(3);
  });

  it("gets again what was not stored, even if later events of other chats were", async () => {
    const { fake, disk, run } = await createScene();
    const { world } = fake;
    const sink = createRecordingSink();
    const first = await run({
      ...sink,
      // The database does not take this one, however often it is tried.
      receive: (message) => (message.text === "stuck" ? Promise.reject(new Error("locked")) : sink.receive(message)),
    });
    fake.say({ text: "stuck" });
    fake.say({ channel: world.general, text: "passes" });
    await sink.waitFor(1);
    await waitUntil(() => disk.entries.get("session") !== undefined);
    await first.kill();
    await run(sink);
    await sink.waitFor(2);
    expect(texts({ sink })).toEqual(["passes", "stuck"]);
  });

  it("keeps the order in a chat whose first message could not be stored at once", async () => {
    const { fake, run } = await createScene();
    const running = await run();
    running.sink.failNext(2);
    fake.say({ text: "one" });
    fake.say({ text: "two" });
    await running.sink.waitFor(2);
    expect(texts(running)).toEqual(["one", "two"]);
  });

  it("after a kill in the middle of reading history reads the rest", async () => {
    const { fake, run } = await createScene();
    const first = await run();
    fake.say({ text: "before" });
    await first.sink.waitFor(1);
    await first.end();
    fake.gateway.expireSessions();
    for (let index = 0; index < 150; index += 1) fake.say({ text: `missed ${index}` });
    const slow = createRecordingSink(2);
    const second = await run(slow);
    await slow.waitFor(20);
    await second.kill();
    const third = await run(slow);
    await third.sink.waitFor(150, 10_000);
    expect(texts({ sink: slow })).toEqual(Array.from({ length: 150 }, (_, index) => `missed ${index}`));
  });

  it("reads nothing of the past when it comes for the first time", async () => {
    const { fake, run } = await createScene();
    fake.say({ channel: fake.world.general, text: "long ago" });
    const running = await run();
    fake.say({ channel: fake.world.general, text: "now" });
    await running.sink.waitFor(1);
    expect(texts(running)).toEqual(["now"]);
  });

  it("asks for a session anew when other events are wanted", async () => {
    const { fake, run } = await createScene();
    await (await run()).end();
    await run(createRecordingSink(), { messageContent: false });
    expect(fake.gateway.identifies.map(({ intents }) => Number(intents) & (1 << 15))).toEqual([1 << 15, 0]);
  });
});

describe("what waiting cannot mend", () => {
  it.each([
    [4_004, "unauthorised", /token/, /Reset Token/],
    [4_011, "unsupported", /too many|more servers/, /2,500/],
    [4_013, "unsupported", /4013/, /Update/],
    [4_014, "forbidden", /Privileged Gateway Intents/, /Message Content Intent.*messageContent: false/],
  ] as const)("is told with what to do: close code %i", async (code, errorCode, words, hint) => {
    const { fake, run } = await createScene();
    fake.gateway.refuseNext(code);
    const sink = createRecordingSink();
    await expect(run(sink)).rejects.toMatchObject({
      code: errorCode,
      message: expect.stringMatching(words) as string,
      hint: expect.stringMatching(hint) as string,
      retryAfterMs: undefined,
    });
    expect(sink.states.at(-1)?.state).toBe("down");
  });

  it("includes an intent that is switched off in the portal", async () => {
    const { fake, run } = await createScene();
    fake.setMessageContent(false);
    await expect(run()).rejects.toMatchObject({ code: "forbidden" });
    const sink = createRecordingSink();
    await run(sink, { messageContent: false });
    fake.say({ channel: fake.world.general, text: "not for us" });
    fake.say({ channel: fake.world.general, text: "for us", isMention: true });
    fake.say({ text: "in private" });
    await sink.waitFor(2);
    expect(texts({ sink }).toSorted()).toEqual(["for us", "in private"]);
  });

  it("is told of a token that is revoked while it runs", async () => {
    const { fake, run } = await createScene();
    const running = await run();
    fake.revokeToken();
    await running.sink.waitForState("down");
    expect(running.sink.states.at(-1)).toMatchObject({ reason: expect.stringContaining("Reset Token") as string });
    expect(JSON.stringify(running.sink.states)).not.toContain(fake.token);
  });
});

describe("the day's allowance of sessions", () => {
  it("is not used up: Discord would take the token away", async () => {
    const { fake, create } = await createScene();
    fake.setSessionsLeft(3);
    const sink = createRecordingSink();
    const stop = new AbortController();
    const ended = create().start(sink, stop.signal);
    await waitUntil(() => sink.states.some(({ state }) => state === "connecting" && sink.states.length > 1));
    expect(sink.states.at(-1)).toMatchObject({ reason: expect.stringMatching(/too often/) as string });
    expect(fake.gateway.identifies).toEqual([]);
    stop.abort();
    await ended;
  });
});

describe("heartbeats", () => {
  it("confirm no event that is not stored", async () => {
    const { fake, run } = await createScene({ heartbeatMs: 30 });
    const sink = createRecordingSink();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    await run({ ...sink, receive: (message) => held.then(() => sink.receive(message)) });
    await waitUntil(() => (fake.gateway.heartbeats.at(-1) ?? 0) >= 2);
    const before = fake.gateway.heartbeats.at(-1) ?? 0;
    fake.say({ text: "held up" });
    const count = fake.gateway.heartbeats.length;
    await waitUntil(() => fake.gateway.heartbeats.length >= count + 3);
    expect(fake.gateway.heartbeats.at(-1)).toBe(before);
    release();
    await waitUntil(() => (fake.gateway.heartbeats.at(-1) ?? 0) > before);
  });
});

describe("what is known to be stored", () => {
  it("does not include what could not be stored until an orderly end", async () => {
    const { fake, run } = await createScene();
    const sink = createRecordingSink();
    const first = await run({ ...sink, receive: () => Promise.reject(new Error("locked")) });
    fake.say({ text: "stuck" });
    await waitUntil(() => fake.world.messages.get(fake.world.direct)?.length === 1);
    await first.end();
    await run(sink);
    await sink.waitFor(1);
    expect(texts({ sink })).toEqual(["stuck"]);
  });

  it("does not include a session whose history is still being read", async () => {
    const { fake, disk, run } = await createScene();
    const sink = createRecordingSink();
    const first = await run(sink);
    fake.say({ text: "before" });
    await sink.waitFor(1);
    await first.end();
    fake.gateway.expireSessions();
    for (let index = 0; index < 5; index += 1) fake.say({ text: `missed ${index}` });
    const second = await run({
      ...sink,
      receive: (message) => (message.text === "missed 3" ? new Promise(() => undefined) : sink.receive(message)),
    });
    await sink.waitFor(4);
    // How far we are is kept every second.
    const kept = disk.entries.get("cursors");
    await waitUntil(() => disk.entries.get("cursors") !== kept);
    await new Promise((resolve) => void setTimeout(resolve, 20));
    expect(disk.entries.get("session")).toBe("");
    await second.kill();
    await run(sink);
    await sink.waitFor(6);
    expect(texts({ sink })).toEqual(["before", ...Array.from({ length: 5 }, (_, index) => `missed ${index}`)]);
  });

  it("is counted without gaps, and events that come twice count once", () => {
    const events = createStoredEvents();
    events.restart(5);
    expect([events.begin(6), events.begin(7), events.begin(8), events.begin(7), events.begin(5)]).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    events.finish(7);
    expect([events.stored(), events.received()]).toEqual([5, 8]);
    events.finish(6);
    expect(events.stored()).toBe(7);
    // Of a session that is over.
    events.restart(0);
    events.finish(8);
    expect(events.stored()).toBe(0);
  });

  it("does not go on for chats not heard of while what was missed is being read", async () => {
    const { state } = createTestDisk();
    const cursors = createCursors(state);
    const at = (seconds: number): string => idAt(Date.UTC(2026, 0, 1, 0, 0, seconds));
    await cursors.begin("1", at(0), true);
    cursors.move("1", at(0));
    const mark = cursors.find("2");
    cursors.hold();
    cursors.move("1", at(3_600));
    expect(cursors.find("2")).toBe(mark);
    expect(cursors.find("1")).toBe(at(3_600));
    cursors.release();
    cursors.move("1", at(7_200));
    expect(cursors.find("2")).toBe(at(7_080));
    await cursors.save();
    const next = createCursors(state);
    await next.load();
    expect([next.find("1"), next.find("2"), next.directChats()]).toEqual([at(7_200), at(7_080), ["1"]]);
  });
});

describe("mentions of roles", () => {
  it("speak to us where the role is ours", async () => {
    const { fake, run } = await createScene();
    const { world } = fake;
    const { sink } = await run();
    const say = (role: string): unknown =>
      fake.say({ channel: world.general, text: `<@&${role}> hello`, extra: { mention_roles: [role] } });
    say(world.roleId);
    say("123456789");
    const messages = await sink.waitFor(2);
    expect(messages.map(({ isAddressed }) => isAddressed)).toEqual([true, false]);
    // Asked once, and remembered.
    expect(fake.calls.filter(({ path }) => path.startsWith("/guilds/"))).toHaveLength(1);
  });
});

describe("what people do to messages in servers", () => {
  it("comes with who did it: deletions by the author, and reactions that come and go", async () => {
    const { fake, run } = await createScene();
    const { world } = fake;
    const { sink, channel } = await run();
    const message = fake.say({ channel: world.thread, text: "hello" });
    const address = (await sink.waitFor(1))[0]?.address ?? { channel: "", chat: "" };
    fake.react(message, "👍");
    fake.react(message, "👍", false);
    fake.remove(message);
    const events = (await sink.waitFor(4)).slice(1);
    expect(events.map(({ kind, text, targetId }) => [kind, text, targetId])).toEqual([
      ["reaction", "👍", message.id],
      ["reaction", "", message.id],
      ["deletion", "", message.id],
    ]);
    for (const event of events) {
      expect(event.address).toEqual(address);
      expect(event.sender).toEqual(sink.messages[0]?.sender);
    }
    await channel.typing?.(address, new AbortController().signal);
    expect(fake.routes.typing).toEqual([world.thread]);
  });
});
