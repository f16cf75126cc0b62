import { randomBytes } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Channel, Dialogue } from "../../../src/core/channel.ts";
import type { Address } from "../../../src/core/message.ts";
import { createChannel, optionsSchema } from "../../../channels/matrix/index.ts";
import {
  createChannelContext,
  createRecordingSink,
  createSendContext,
  createTestDisk,
  outbound,
  waitUntil,
  type RecordingSink,
  type TestDisk,
} from "../../doubles/channel-context.ts";
import { createPerson, type Person } from "../../doubles/matrix-person.ts";
import { findMissing, startSynapse, type Account, type Synapse } from "./start.ts";

const missing = findMissing();
if (missing !== undefined) throw new Error(missing);

let synapse: Synapse;
let ada: Person;
let bot: Account;
let disk: TestDisk;
const endings: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  synapse = await startSynapse();
  ada = await createPerson(synapse.url, await synapse.register("ada"));
}, 120_000);

afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

afterAll(async () => {
  ada?.stop();
  await synapse?.stop();
});

interface Running {
  readonly channel: Channel;
  readonly sink: RecordingSink;
  end(): Promise<void>;
}

/** A bot with an account of its own; `run` again is a restart. */
async function createBot(name: string): Promise<void> {
  bot = await synapse.register(name);
  disk = createTestDisk();
  endings.push(disk.remove);
}

async function run(options: object = {}, sink = createRecordingSink(), on: TestDisk = disk): Promise<Running> {
  const { userId, accessToken } = bot;
  const given = { homeserverUrl: synapse.url, userId, accessToken, allowInvitesFrom: ["example.org"], ...options };
  const channel = createChannel(createChannelContext(optionsSchema.parse(given), { name: "mx", disk: on }));
  const stop = new AbortController();
  sink.states.length = 0;
  const ended = channel.start(sink, stop.signal);
  const end = async (): Promise<void> => {
    stop.abort();
    await ended;
  };
  endings.push(end);
  await Promise.race([sink.waitForState("up", 20_000), ended.then(() => Promise.reject(new Error("It ended.")))]);
  return { channel, sink, end };
}

/** A direct chat that Ada has begun. */
async function talk(isEncrypted: boolean, running: Running, words = "hello"): Promise<Address> {
  const before = running.sink.messages.length;
  const room = await ada.createRoom({ invite: [bot.userId], isEncrypted, isDirect: true });
  await ada.waitForMember(room, bot.userId);
  await ada.say(room, words);
  const message = (await running.sink.waitFor(before + 1, 20_000))[before];
  expect(message).toMatchObject({ text: words, isGroup: false, isAddressed: true, address: { chat: room } });
  return { channel: "mx", chat: room };
}

describe("through Synapse", () => {
  it("talks in the clear, with markup and mentions", async () => {
    await createBot("clear");
    const running = await run();
    const address = await talk(false, running);
    await running.channel.send(outbound(address, "**Done**, @ada:example.org"), createSendContext());
    const seen = await ada.waitFor("Done", address.chat);
    expect(seen.html).toContain("<strong>Done</strong>");
    expect(seen.content["m.mentions"]).toEqual({ user_ids: ["@ada:example.org"] });
    expect(seen.isEncrypted).toBe(false);
  });

  it("talks encrypted, and after a restart with the same keys", async () => {
    await createBot("secret");
    const first = await run();
    const address = await talk(true, first, "for your eyes only");
    await first.channel.send(outbound(address, "I can read that"), createSendContext());
    expect((await ada.waitFor("I can read that", address.chat)).isEncrypted).toBe(true);
    const keysBefore = await deviceKeys();
    await first.end();
    await ada.say(address.chat, "while you were away");
    const second = await run({}, first.sink);
    expect((await second.sink.waitFor(2, 20_000))[1]).toMatchObject({ text: "while you were away" });
    await second.channel.send(outbound(address, "read as well"), createSendContext());
    expect((await ada.waitFor("read as well", address.chat)).isEncrypted).toBe(true);
    expect(await deviceKeys()).toEqual(keysBefore);
    expect(keysBefore).toHaveLength(1);
  });

  it.each([false, true])("carries files both ways, encrypted: %s", async (isEncrypted) => {
    await createBot(`files-${isEncrypted}`);
    const running = await run();
    const address = await talk(isEncrypted, running);
    const content = Buffer.concat([Buffer.from("%PDF-1.7\n"), randomBytes(100_000)]);
    await ada.sendFile(address.chat, { name: "plan.pdf", type: "application/pdf", content }, isEncrypted);
    const received = (await running.sink.waitFor(2, 20_000))[1]?.attachments[0];
    expect(received).toMatchObject({ name: "plan.pdf", mimeType: "application/pdf", bytes: content.length });
    if (received === undefined) throw new Error("no file");
    expect((await buffer(disk.files.open(received))).equals(content)).toBe(true);
    await running.channel.send(outbound(address, "back to you", { attachments: [received] }), createSendContext());
    const seen = await ada.waitFor("plan.pdf", address.chat);
    expect(seen.isEncrypted).toBe(isEncrypted);
    expect((await ada.fetchFile(seen)).equals(content)).toBe(true);
  });

  it.each([false, true])("threads, edits, reacts and takes back, encrypted: %s", async (isEncrypted) => {
    await createBot(`more-${isEncrypted}`);
    const { channel, sink } = await run();
    const address = await talk(isEncrypted, { channel, sink, end: async () => undefined });
    const { signal } = new AbortController();
    // A thread of Ada's, and our answer in it.
    const root = sink.messages[0]?.id ?? "";
    const inThread = { "m.relates_to": { rel_type: "m.thread", event_id: root } };
    await ada.say(address.chat, "about that", inThread);
    const threaded = (await sink.waitFor(2, 20_000))[1];
    expect(threaded).toMatchObject({ text: "about that", address: { ...address, thread: root } });
    const message = outbound(threaded?.address ?? address, "answer in the thread", { replyToId: threaded?.id ?? "" });
    const [ours = ""] = await channel.send(message, createSendContext());
    expect(await ada.waitFor("answer in the thread", address.chat)).toMatchObject({
      thread: root,
      replyTo: threaded?.id,
    });
    // Edits both ways.
    await channel.edit?.({ ...message, text: "a better answer" }, ours, signal);
    expect(await ada.waitFor("a better answer", address.chat)).toMatchObject({ id: ours });
    await ada.say(address.chat, "* about this", {
      "m.new_content": { msgtype: "m.text", body: "about this" },
      "m.relates_to": { rel_type: "m.replace", event_id: threaded?.id },
    });
    expect((await sink.waitFor(3, 20_000))[2]).toMatchObject({
      kind: "edit",
      text: "about this",
      targetId: threaded?.id,
      address: { thread: root },
    });
    // Reactions both ways, and one taken off.
    const reaction = await ada.react(address.chat, ours, "👍");
    expect((await sink.waitFor(4, 20_000))[3]).toMatchObject({ kind: "reaction", text: "👍", targetId: ours });
    await ada.client.redactEvent(address.chat, reaction);
    expect((await sink.waitFor(5, 20_000))[4]).toMatchObject({ kind: "reaction", text: "", targetId: ours });
    await channel.react?.(address, root, "🎉", signal);
    await channel.react?.(address, root, "🎉", signal);
    expect(await ada.waitForReaction(root)).toBe("🎉");
    // Taken back.
    await ada.client.redactEvent(address.chat, threaded?.id ?? "");
    expect((await sink.waitFor(6, 20_000))[5]).toMatchObject({ kind: "deletion", targetId: threaded?.id, text: "" });
    // Nothing else came, and nobody can edit what is gone.
    await ada.client.redactEvent(address.chat, root);
    await sink.waitFor(7, 20_000);
    await expect(channel.edit?.({ ...message, text: "x" }, root, signal)).rejects.toMatchObject({ code: "not-found" });
    expect(sink.messages).toHaveLength(7);
  });

  it("follows invitations of those who are allowed, and says what it declined", async () => {
    await createBot("picky");
    await run({ allowInvitesFrom: ["@somebody:example.org", "elsewhere.example.org"] });
    const declined = await ada.createRoom({ invite: [bot.userId], isEncrypted: false });
    await waitUntil(() => ada.client.getRoom(declined)?.getMember(bot.userId)?.membership === "leave", 20_000);
    await endings.pop()?.();
    await run({ allowInvitesFrom: ["@ada:example.org"] });
    await ada.client.invite(declined, bot.userId);
    await ada.waitForMember(declined, bot.userId);
  });

  it("opens direct chats, encrypted, once for each person", async () => {
    await createBot("opener");
    const { channel } = await run();
    const address = (await channel.openDirect?.("mx:@ada:example.org")) as Address;
    expect(await channel.openDirect?.("mx:@ada:example.org")).toEqual(address);
    await waitUntil(() => ada.client.getRoom(address.chat) !== null, 20_000);
    await ada.client.joinRoom(address.chat);
    await channel.send(outbound(address, "good morning, Ada"), createSendContext());
    expect((await ada.waitFor("good morning", address.chat)).isEncrypted).toBe(true);
    expect(await channel.openDirect?.("mx:@ada:example.org")).toEqual(address);
  });

  it("reads all that was said while it was away, in order", async () => {
    await createBot("sleeper");
    const first = await run();
    const address = await talk(true, first);
    await first.end();
    const words = Array.from({ length: 130 }, (_, index) => `word ${index}`);
    for (const word of words) await ada.say(address.chat, word);
    await run({}, first.sink);
    await first.sink.waitFor(131, 40_000);
    expect(first.sink.messages.slice(1).map(({ text }) => text)).toEqual(words);
  });

  it("gets again what could not be stored, and moves no token before", async () => {
    await createBot("stubborn");
    const { sink, channel, end } = await run();
    const address = await talk(true, { channel, sink, end });
    sink.failNext(2);
    await ada.say(address.chat, "do not lose me");
    await sink.waitFor(2, 20_000);
    expect(sink.messages[1]?.text).toBe("do not lose me");
    expect(sink.receivedIds.filter((id) => id === sink.messages[1]?.id).length).toBeGreaterThanOrEqual(3);
  });

  it("sends a part once, however often it is sent", async () => {
    await createBot("repeater");
    const { sink, channel, end } = await run();
    const address = await talk(true, { channel, sink, end });
    const message = outbound(address, "only once");
    const ids = await channel.send(message, createSendContext());
    await end();
    const second = await run({}, sink);
    expect(await second.channel.send(message, createSendContext())).toEqual(ids);
    await second.channel.send(outbound(address, "after"), createSendContext());
    await ada.waitFor("after", address.chat);
    expect(ada.seen.filter(({ text, roomId }) => text === "only once" && roomId === address.chat)).toHaveLength(1);
  });

  it("outlives a death of the server", async () => {
    await createBot("patient");
    const { sink, channel, end } = await run();
    const address = await talk(true, { channel, sink, end });
    await synapse.kill();
    await sink.waitForState("connecting", 20_000);
    await expect(channel.send(outbound(address, "too early"), createSendContext())).rejects.toMatchObject({
      code: "unreachable",
    });
    await synapse.restart();
    await sink.waitForState("up", 40_000);
    await ada.say(address.chat, "are you back?");
    await waitUntil(() => sink.messages.some(({ text }) => text === "are you back?"), 40_000);
    await channel.send(outbound(address, "yes, I am back"), createSendContext());
    await ada.waitFor("yes, I am back", address.chat, 40_000);
  });

  it("says plainly that the token was revoked, tries it again after a while, and ends when told to", async () => {
    await createBot("revoked");
    const { userId, accessToken } = bot;
    const stop = new AbortController();
    const options = optionsSchema.parse({ homeserverUrl: synapse.url, userId, accessToken });
    const sink = createRecordingSink();
    const channel = createChannel(createChannelContext(options, { name: "mx", disk }), { refusedMs: 500 });
    const ended = channel.start(sink, stop.signal);
    await sink.waitForState("up", 20_000);
    await fetch(`${synapse.url}/_matrix/client/v3/logout`, {
      method: "POST",
      headers: { authorization: `Bearer ${accessToken}` },
    });
    await sink.waitForState("down", 20_000);
    // Some tries later it still says so, and nothing else.
    await wait(2_000);
    expect(sink.states.slice(sink.states.findIndex(({ state }) => state === "down"))).toHaveLength(1);
    expect(sink.states.at(-1)).toMatchObject({ state: "down", reason: expect.stringContaining("token") });
    stop.abort();
    await ended;
  });

  it("logs in by password once, and is the same device afterwards", async () => {
    await createBot("worded");
    const options = { accessToken: undefined, password: "pw" };
    const first = await run(options);
    const before = disk.entries.get("login");
    await first.end();
    await run(options, first.sink);
    expect(disk.entries.get("login")).toBe(before);
    expect(JSON.parse(before ?? "{}")).toMatchObject({ userId: bot.userId });
    expect(JSON.parse(before ?? "{}")).not.toMatchObject({ deviceId: bot.deviceId });
  });

  it("runs two accounts side by side", async () => {
    await createBot("first");
    const one = await run();
    const address = await talk(true, one, "hello first");
    await createBot("second");
    const two = await run();
    const other = await talk(true, two, "hello second");
    await one.channel.send(outbound(address, "this is the first"), createSendContext());
    await two.channel.send(outbound(other, "this is the second"), createSendContext());
    expect(await ada.waitFor("this is the first", address.chat)).toMatchObject({
      roomId: address.chat,
      isEncrypted: true,
    });
    expect(await ada.waitFor("this is the second", other.chat)).toMatchObject({
      roomId: other.chat,
      isEncrypted: true,
    });
  });
});

describe("verification by emoji, through Synapse", () => {
  it("asks another person, and is asked", async () => {
    await createBot("verified");
    const running = await run();
    await talk(true, running);
    const theirs = ada.awaitVerification();
    const talkAtTerminal = answerAtTerminal("@ada:example.org", "yes");
    const ours = running.channel.verify?.(talkAtTerminal.dialogue, new AbortController().signal);
    const emoji = await theirs;
    await ours;
    expect(talkAtTerminal.emoji()).toEqual(emoji);
    expect(emoji).toHaveLength(7);
    const status = await ada.client.getCrypto()?.getUserVerificationStatus(bot.userId);
    expect(status?.isCrossSigningVerified()).toBe(true);
  });

  it("accepts another session of its own account, which then is trusted by it", async () => {
    await createBot("twofold");
    const running = await run();
    const session = await createPerson(synapse.url, await synapse.logIn("twofold"), "keys only");
    endings.push(async () => session.stop());
    const theirs = session.startOwnVerification(bot.deviceId);
    await waitUntil(() => session.isWaiting(), 20_000);
    const talkAtTerminal = answerAtTerminal("", "yes");
    const ours = running.channel.verify?.(talkAtTerminal.dialogue, new AbortController().signal);
    const emoji = await theirs;
    await ours;
    expect(talkAtTerminal.emoji()).toEqual(emoji);
    const crypto = session.client.getCrypto();
    expect((await crypto?.getDeviceVerificationStatus(bot.userId, bot.deviceId))?.isVerified()).toBe(true);
  });

  it("has a session that holds the account's identity sign this device, for all to see", async () => {
    await createBot("owned");
    const session = await createPerson(synapse.url, await synapse.logIn("owned"));
    endings.push(async () => session.stop());
    const running = await run();
    await talk(true, running);
    const isSigned = async (): Promise<boolean | undefined> => {
      await ada.client.getCrypto()?.getUserDeviceInfo([bot.userId], true);
      const status = await ada.client.getCrypto()?.getDeviceVerificationStatus(bot.userId, bot.deviceId);
      return status?.signedByOwner;
    };
    expect(await isSigned()).toBe(false);
    const theirs = session.awaitVerification();
    const talkAtTerminal = answerAtTerminal("", "yes");
    await running.channel.verify?.(talkAtTerminal.dialogue, new AbortController().signal);
    expect(talkAtTerminal.emoji()).toEqual(await theirs);
    expect(await isSigned()).toBe(true);
  });

  it("gives up when the emoji differ", async () => {
    await createBot("doubted");
    const running = await run();
    await talk(true, running);
    const theirs = ada.awaitVerification().catch((error: unknown) => String(error));
    const { dialogue } = answerAtTerminal("@ada:example.org", "no");
    await expect(running.channel.verify?.(dialogue, new AbortController().signal)).rejects.toMatchObject({
      code: "aborted",
    });
    expect(await theirs).toMatch(/cancel/i);
    const status = await ada.client.getCrypto()?.getUserVerificationStatus(bot.userId);
    expect(status?.isCrossSigningVerified()).toBe(false);
  });
});

/** Somebody at the terminal who says whom, and whether the emoji match. */
function answerAtTerminal(who: string, verdict: string): { dialogue: Dialogue; emoji(): readonly string[] } {
  const lines: string[] = [];
  return {
    dialogue: {
      tell: (line) => void lines.push(line),
      ask: async (question) => (question.startsWith("With whom") ? who : verdict),
    },
    emoji: () => lines.filter((line) => line.startsWith("  ")).map((line) => line.trim().split(/\s+/)[0] ?? ""),
  };
}

async function deviceKeys(): Promise<readonly string[]> {
  const devices = await ada.client.getCrypto()?.getUserDeviceInfo([bot.userId], true);
  return [...(devices?.get(bot.userId)?.values() ?? [])].map((device) => device.getFingerprint() ?? "");
}
