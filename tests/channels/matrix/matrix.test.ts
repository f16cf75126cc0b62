import { afterEach, describe, expect, it } from "vitest";
import { createRecordingSink, createSendContext, outbound, waitUntil } from "../../doubles/channel-context.ts";
import { failure } from "../../contracts/channel-harness.ts";
import { decideInvite } from "../../../channels/matrix/invites.ts";
import { setup } from "../../../channels/matrix/setup.ts";
import { ada, bob, bot, createScene, type Scene } from "./scene.ts";

const scenes: Scene[] = [];
afterEach(async () => {
  for (const scene of scenes.splice(0)) await scene.close();
});

async function enter(): Promise<Scene> {
  const scene = await createScene();
  scenes.push(scene);
  return scene;
}

const text = (scene: Scene, index: number): unknown => scene.sent()[index]?.content["body"];

describe("a channel that begins", () => {
  it("answers nothing that was said before it was there", async () => {
    const scene = await enter();
    scene.say("long ago");
    const { sink } = await scene.run();
    scene.say("now");
    await sink.waitFor(1);
    expect(sink.messages.map((message) => message.text)).toEqual(["now"]);
  });

  it("hears what was said between its invitation and its coming, and nothing from before", async () => {
    const scene = await enter();
    const { store } = scene.fake;
    const { sink } = await scene.run({ allowInvitesFrom: [ada] });
    const room = store.createRoom(ada, [{ type: "m.room.name", content: { name: "New" } }], [bob]).id;
    store.setMembership(room, bob, "join");
    scene.say("before the bot", { room });
    store.setMembership(room, bot, "invite", ada);
    scene.say("are you coming?", { room });
    await sink.waitFor(1);
    scene.say("there you are", { room });
    await sink.waitFor(2);
    expect(sink.messages.map((message) => message.text)).toEqual(["are you coming?", "there you are"]);
    expect(store.membership(room, bot)).toBe("join");
  });

  it("refuses a token of somebody else, and one of another device", async () => {
    const scene = await enter();
    const other = scene.fake.store.addDevice(ada);
    const start = (options: object): Promise<void> =>
      scene.create(options).start(createRecordingSink(), new AbortController().signal);
    expect(await failure(start({ accessToken: other.token }))).toMatchObject({ code: "config-invalid" });
    expect(await failure(start({ deviceId: "OTHER" }))).toMatchObject({ code: "config-invalid" });
    const unknown = await failure(start({ accessToken: "syt_unknown" }));
    expect(unknown).toMatchObject({ code: "unauthorised", retryAfterMs: undefined });
    expect(JSON.stringify(unknown)).not.toContain("syt_unknown");
  });

  it("logs in by password once, and anew when its session is gone", async () => {
    const scene = await enter();
    scene.fake.passwords.set(bot, "pw");
    const options = { accessToken: undefined, password: "pw" };
    const stored = (): { accessToken: string; deviceId: string } =>
      JSON.parse(scene.disk.entries.get("login") ?? "{}") as { accessToken: string; deviceId: string };
    await (await scene.run(options)).end();
    const first = stored();
    await (await scene.run(options)).end();
    expect(stored()).toEqual(first);
    scene.fake.revoke(first.accessToken);
    await (await scene.run(options)).end();
    expect(stored().deviceId).not.toBe(first.deviceId);
    const wrong = { accessToken: undefined, password: "wrong", deviceId: undefined };
    scene.fake.revoke(stored().accessToken);
    const refused = scene.create(wrong).start(createRecordingSink(), new AbortController().signal);
    expect(await failure(refused)).toMatchObject({ code: "unauthorised", retryAfterMs: undefined });
  });

  it("says plainly that its token was revoked, and asks no more for a while", async () => {
    const scene = await enter();
    const { sink } = await scene.run();
    scene.fake.revoke(scene.device.token);
    scene.say("anybody there?");
    const calls = scene.fake.calls.length;
    await sink.waitForState("down");
    expect(sink.states.at(-1)).toMatchObject({ reason: expect.stringContaining("Log in anew") as string });
    expect(scene.fake.calls.length - calls).toBeLessThan(5);
  });
});

describe("what comes in", () => {
  it("fills the gap that a sync leaves, in order, and once", async () => {
    const scene = await enter();
    const first = await scene.run();
    scene.say("zero");
    await first.sink.waitFor(1);
    await first.end();
    scene.fake.timelineLimit = 3;
    const words = Array.from({ length: 250 }, (_, index) => `word ${index}`);
    for (const word of words) scene.say(word, { room: scene.group });
    await scene.run({}, first.sink);
    await first.sink.waitFor(251, 10_000);
    expect(first.sink.messages.slice(1).map((message) => message.text)).toEqual(words);
    expect(new Set(first.sink.receivedIds).size).toBe(first.sink.receivedIds.length);
  });

  it("keeps its token while something is not stored, and lets no later message pass it", async () => {
    const scene = await enter();
    const { sink } = await scene.run();
    const since = scene.disk.entries.get("since");
    sink.failNext(3);
    scene.say("one");
    scene.say("two");
    await waitUntil(() => sink.receivedIds.length >= 2);
    expect(scene.disk.entries.get("since")).toBe(since);
    await sink.waitFor(2);
    expect(sink.messages.map((message) => message.text)).toEqual(["one", "two"]);
    await waitUntil(() => scene.disk.entries.get("since") !== since);
  });

  it("tells people's names, and knows them by what never changes", async () => {
    const scene = await enter();
    const { sink } = await scene.run();
    scene.say("hello");
    await sink.waitFor(1);
    scene.fake.store.names.set(ada, "Countess");
    scene.fake.store.setMembership(scene.direct, ada, "join");
    scene.say("hello again");
    const [before, after] = await sink.waitFor(2);
    expect([before?.sender, after?.sender]).toEqual([
      { id: "mx:@ada:example.org", name: "Ada", isBot: false },
      { id: "mx:@ada:example.org", name: "Countess", isBot: false },
    ]);
  });

  it("says in whose thread a reaction, an edit and a deletion are, even when it has forgotten", async () => {
    const scene = await enter();
    const { store } = scene.fake;
    const first = await scene.run();
    const root = scene.say("root", { room: scene.group });
    const inThread = { "m.relates_to": { rel_type: "m.thread", event_id: root.event_id } };
    const said = scene.say("in the thread", { room: scene.group, content: inThread });
    const relate = (relation: object): object => ({ "m.relates_to": relation });
    const reaction = store.addEvent(scene.group, {
      type: "m.reaction",
      sender: ada,
      content: relate({ rel_type: "m.annotation", event_id: said.event_id, key: "👀" }) as never,
    });
    await first.sink.waitFor(3);
    await first.end();
    store.redact(scene.group, reaction.event_id, ada);
    store.redact(scene.group, said.event_id, ada);
    await scene.run({}, first.sink);
    const [, , , off, gone] = await first.sink.waitFor(5);
    const address = { channel: "mx", chat: scene.group, thread: root.event_id };
    expect(off).toMatchObject({ kind: "reaction", text: "", targetId: said.event_id, address });
    expect(gone).toMatchObject({ kind: "deletion", targetId: said.event_id, address });
  });

  it("hears notices of machines and its own words as nothing", async () => {
    const scene = await enter();
    const { sink } = await scene.run();
    scene.say("beep", { content: { msgtype: "m.notice" } });
    scene.say("mine", { from: bot });
    scene.say("marker");
    await sink.waitFor(1);
    expect(sink.messages.map((message) => message.text)).toEqual(["marker"]);
  });

  it("says that it has read, behind the storing", async () => {
    const scene = await enter();
    const { sink } = await scene.run();
    sink.failNext(1);
    const event = scene.say("read me");
    await sink.waitFor(1);
    const receipt = `POST /_matrix/client/v3/rooms/${encodeURIComponent(scene.direct)}/receipt/m.read/${encodeURIComponent(event.event_id)}`;
    await waitUntil(() => scene.fake.calls.includes(receipt));
    expect(scene.fake.calls.filter((call) => call === receipt)).toHaveLength(1);
  });

  it("goes where a room went that was replaced", async () => {
    const scene = await enter();
    const { store } = scene.fake;
    const { sink } = await scene.run();
    const next = store.createRoom(ada, [{ type: "m.room.join_rules", content: { join_rule: "public" } }]).id;
    store.addEvent(scene.group, {
      type: "m.room.tombstone",
      sender: ada,
      stateKey: "",
      content: { body: "moved", replacement_room: next },
    });
    await waitUntil(() => store.membership(next, bot) === "join");
    scene.say("over here", { room: next });
    expect((await sink.waitFor(1))[0]?.address.chat).toBe(next);
  });

  it("loses the connection, and finds it again without a hot loop", async () => {
    const scene = await enter();
    const { sink } = await scene.run();
    scene.fake.failNext(/GET .*\/sync/, "cut-before-accept", { times: 3 });
    scene.say("knock");
    await sink.waitForState("connecting");
    await sink.waitFor(1, 15_000);
    expect(scene.fake.calls.filter((call) => call.endsWith("/sync")).length).toBeLessThan(12);
  });
});

describe("invitations", () => {
  it.each([
    ["none", [ada], ada, false],
    ["all", [], ada, true],
    ["allowed", [], ada, false],
    ["allowed", [ada], ada, true],
    ["allowed", ["example.org"], ada, true],
    ["allowed", ["example.org"], "@eve:evil.example.org", false],
    ["allowed", ["@eve:example.org"], ada, false],
  ] as const)("%s, with %j, of %s: %s", (acceptInvites, allowInvitesFrom, inviter, expected) => {
    expect(decideInvite({ acceptInvites, allowInvitesFrom: [...allowInvitesFrom] }, inviter)).toBe(expected);
  });

  it("follows one to the end over a restart, and keeps in mind who wants to talk alone", async () => {
    const scene = await enter();
    const { store } = scene.fake;
    const first = await scene.run({ acceptInvites: "all" });
    scene.fake.failNext(/POST .*\/join\//, "500", { times: 1 });
    const room = store.createRoom(ada, [], [bot], true).id;
    await waitUntil(() => scene.disk.entries.get("invites")?.includes(room) === true);
    await first.end();
    await scene.run({ acceptInvites: "all" });
    await waitUntil(() => store.membership(room, bot) === "join");
    await waitUntil(() => scene.disk.entries.get("invites") === "[]");
    expect(store.accountData.get(`${bot}|m.direct`)?.content).toEqual({ [ada]: [room] });
  });

  it("declines the others", async () => {
    const scene = await enter();
    await scene.run();
    const room = scene.fake.store.createRoom(ada, [], [bot]).id;
    await waitUntil(() => scene.fake.store.membership(room, bot) === "leave");
  });
});

describe("what goes out", () => {
  const choices = [
    { label: "Approve", command: "/approve 3f9a" },
    { label: "Deny", command: "/deny 3f9a" },
  ] as const;

  it("takes a number, or a reaction with one, for the choice that it names", async () => {
    const scene = await enter();
    const { channel, sink } = await scene.run();
    const address = { channel: "mx", chat: scene.direct };
    const [id = ""] = await channel.send(outbound(address, "May I?", { choices }), createSendContext());
    await waitUntil(() => scene.sent("m.reaction").length === 2);
    scene.say("2");
    const content = { "m.relates_to": { rel_type: "m.annotation", event_id: id, key: "1️⃣" } };
    scene.fake.store.addEvent(scene.direct, { type: "m.reaction", sender: ada, content });
    scene.say("7");
    const [number, reaction, other] = await sink.waitFor(3);
    expect(number).toMatchObject({ kind: "command", text: "/deny 3f9a", isAddressed: true });
    expect(reaction).toMatchObject({ kind: "command", text: "/approve 3f9a", sender: { id: "mx:@ada:example.org" } });
    expect(reaction).not.toHaveProperty("targetId");
    expect(other).toMatchObject({ kind: "message", text: "7" });
    await channel.send(outbound(address, "something else"), createSendContext());
    scene.say("1");
    expect((await sink.waitFor(4))[3]).toMatchObject({ kind: "message", text: "1" });
  });

  it("waits as it is asked to, in every room, and asks nobody meanwhile", async () => {
    const scene = await enter();
    const { channel } = await scene.run();
    scene.fake.failNext(/\/send\//, "429", { retryAfterMs: 300 });
    const first = await failure(
      channel.send(outbound({ channel: "mx", chat: scene.direct }, "a"), createSendContext()),
    );
    expect(first).toMatchObject({ code: "rate-limited", retryAfterMs: 300 });
    const calls = scene.fake.calls.filter((call) => call.includes("/send/")).length;
    const second = await failure(
      channel.send(outbound({ channel: "mx", chat: scene.group }, "b"), createSendContext()),
    );
    expect(second.code).toBe("rate-limited");
    expect(scene.fake.calls.filter((call) => call.includes("/send/"))).toHaveLength(calls);
  });

  it("gives up on a room that it is not in", async () => {
    const scene = await enter();
    const { channel } = await scene.run();
    scene.fake.store.setMembership(scene.group, bot, "leave", ada);
    const error = await failure(
      channel.send(outbound({ channel: "mx", chat: scene.group }, "hi"), createSendContext()),
    );
    expect(error).toMatchObject({ code: "send-rejected", retryAfterMs: undefined });
    expect(error.message).not.toContain("hi");
  });

  it("answers in a thread so that older programs show the reply, too", async () => {
    const scene = await enter();
    const { channel } = await scene.run();
    const address = { channel: "mx", chat: scene.group, thread: "$root" };
    await channel.send(outbound(address, "one", { replyToId: "$asked" }), createSendContext());
    await channel.send(outbound(address, "two"), createSendContext());
    await channel.send(
      outbound({ channel: "mx", chat: scene.group }, "three", { replyToId: "$asked" }),
      createSendContext(),
    );
    expect(scene.sent().map(({ content }) => content["m.relates_to"])).toEqual([
      { rel_type: "m.thread", event_id: "$root", is_falling_back: false, "m.in_reply_to": { event_id: "$asked" } },
      { rel_type: "m.thread", event_id: "$root", is_falling_back: true, "m.in_reply_to": { event_id: "$root" } },
      { "m.in_reply_to": { event_id: "$asked" } },
    ]);
  });

  it("opens one direct chat for each person, encrypted", async () => {
    const scene = await enter();
    const { channel, end } = await scene.run();
    const address = await channel.openDirect?.(`mx:${bob}`);
    expect(await channel.openDirect?.(`mx:${bob}`)).toEqual(address);
    const room = scene.fake.store.rooms.get(address?.chat ?? "");
    expect(room?.state.get("m.room.encryption|")?.content).toEqual({ algorithm: "m.megolm.v1.aes-sha2" });
    expect(scene.fake.store.membership(address?.chat ?? "", bob)).toBe("invite");
    await end();
    const second = await scene.run();
    expect(await second.channel.openDirect?.(`mx:${bob}`)).toEqual(address);
    // Somebody who has left is asked again.
    scene.fake.store.setMembership(address?.chat ?? "", bob, "leave");
    expect(await second.channel.openDirect?.(`mx:${bob}`)).not.toEqual(address);
  });

  it("sends nothing before it is connected", async () => {
    const scene = await enter();
    const channel = scene.create();
    const address = { channel: "mx", chat: scene.direct };
    expect(await failure(channel.send(outbound(address, "hi"), createSendContext()))).toMatchObject({
      code: "unreachable",
      retryAfterMs: 1_000,
    });
    expect(await channel.typing?.(address, new AbortController().signal)).toBeUndefined();
  });

  it("shows the first part in an edit, and says when there is nothing to edit any more", async () => {
    const scene = await enter();
    const { channel } = await scene.run();
    const address = { channel: "mx", chat: scene.direct };
    const message = outbound(address, "first");
    const [id = ""] = await channel.send(message, createSendContext());
    const { signal } = new AbortController();
    await channel.edit?.({ ...message, text: "second" }, id, signal);
    expect(text(scene, 1)).toBe("* second");
    scene.fake.store.redact(scene.direct, id, ada);
    expect(await failure(channel.edit?.({ ...message, text: "third" }, id, signal) ?? Promise.resolve())).toMatchObject(
      {
        code: "not-found",
      },
    );
    expect(await failure(channel.edit?.(message, "$unknown", signal) ?? Promise.resolve())).toMatchObject({
      code: "not-found",
    });
  });
});

describe("setting up", () => {
  it("says who we are, and what is wrong", async () => {
    const scene = await enter();
    const { signal } = new AbortController();
    const given = { homeserverUrl: scene.fake.url, userId: bot, accessToken: scene.device.token };
    expect(await setup.check(given, signal)).toContain(bot);
    expect(await failure(setup.check({ ...given, userId: ada }, signal))).toMatchObject({ code: "config-invalid" });
    expect(await failure(setup.check({ ...given, accessToken: "no" }, signal))).toMatchObject({ code: "unauthorised" });
    expect(await setup.check({ ...given, accessToken: undefined, password: "pw" }, signal)).toContain(bot);
    expect(
      await failure(setup.check({ ...given, homeserverUrl: `${scene.fake.url}/elsewhere` }, signal)),
    ).toMatchObject({
      code: "config-invalid",
    });
  });

  it("takes no token of a session that another program has made keys for", async () => {
    const scene = await enter();
    const { signal } = new AbortController();
    const given = { homeserverUrl: scene.fake.url, userId: bot, accessToken: scene.device.token };
    const { end } = await scene.run();
    await end();
    expect(await failure(setup.check(given, signal))).toMatchObject({
      code: "config-invalid",
      message: expect.stringContaining("BOTDEVICE") as string,
    });
  });
});
