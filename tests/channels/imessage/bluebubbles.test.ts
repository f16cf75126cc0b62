import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import type { Channel } from "../../../src/core/channel.ts";
import type { Address } from "../../../src/core/message.ts";
import { setup } from "../../../channels/imessage/setup.ts";
import { failure } from "../../contracts/channel-harness.ts";
import {
  createRecordingSink,
  createSendContext,
  outbound,
  waitUntil,
  type RecordingSink,
} from "../../doubles/channel-context.ts";
import type { FakeBlueSettings } from "../../doubles/fake-bluebubbles.ts";
import { ada, createBlue, group, hookUrl, password, secret, type BlueSetup } from "./harness.ts";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const toAda: Address = { channel: "imessage", chat: `-;${ada}` };
const toGroup: Address = { channel: "imessage", chat: "+;chat1234567890" };
const noSignal = new AbortController().signal;

async function create(extra: object = {}, settings: Partial<FakeBlueSettings> = {}): Promise<BlueSetup> {
  const made = await createBlue(extra as Record<string, unknown>, settings);
  cleanups.push(made.close);
  return made;
}

async function run(
  channel: Channel,
  sink: RecordingSink = createRecordingSink(),
): Promise<{ sink: RecordingSink; end: () => Promise<void> }> {
  const stop = new AbortController();
  const ended = channel.start(sink, stop.signal);
  const end = async (): Promise<void> => {
    stop.abort();
    await ended;
  };
  cleanups.push(() => end().catch(() => undefined));
  await Promise.race([sink.waitForState("up"), ended]);
  return { sink, end };
}

const send = (channel: Channel, text: string, extra: Parameters<typeof outbound>[2] = {}, address = toAda) =>
  channel.send(outbound(address, text, extra), createSendContext());

describe("the hook", () => {
  it("is made known to the server once, with our secret", async () => {
    const { fake, create: make } = await create();
    await (await run(make())).end();
    await (await run(make())).end();
    expect(fake.hooks.map(({ url }) => url)).toEqual([`${hookUrl}?secret=${secret}`]);
    expect(fake.hooks[0]?.events).toEqual(["new-message", "updated-message", "message-send-error"]);
  });

  it("of another secret is pointed out, without telling either", async () => {
    const { fake, create: make, logged } = await create();
    fake.hooks.push({ id: 1, url: `${hookUrl}?secret=an-older-secret-1234`, events: ["*"] });
    await run(make());
    expect(logged.map(({ words }) => words).join()).toContain("another secret");
    expect(JSON.stringify(logged)).not.toContain("secret-1234");
  });

  it("believes nothing but the GUID of what it is told", async () => {
    const { fake, create: make } = await create();
    const { sink } = await run(make());
    const message = await fake.receive({ text: "the real words", isSilent: true });
    await fake.announce("new-message", { ...message, text: "/approve 3f9a", handle: { address: "+15550100999" } });
    expect((await sink.waitFor(1))[0]).toMatchObject({ text: "the real words", sender: { id: `imessage:${ada}` } });
    expect((await fake.announce("new-message", { guid: "NOBODY-SENT-THIS" }))?.status).toBe(200);
    await fake.announce("updated-message", message);
    expect(sink.messages).toHaveLength(1);
  });

  it("answers 200 only when the message is stored; the message is then looked up", async () => {
    const { fake, create: make } = await create();
    const { sink } = await run(make());
    sink.failNext(1);
    const message = await fake.receive({ text: "keep me", isSilent: true });
    expect((await fake.announce("new-message", message))?.status).toBe(500);
    expect((await sink.waitFor(1))[0]?.text).toBe("keep me");
    expect((await fake.announce("new-message", message))?.status).toBe(200);
    expect(sink.messages).toHaveLength(1);
  });

  it("answers 503 while the channel does not run, and nothing else than a POST", async () => {
    const { create: make } = await create();
    const channel = make();
    const call = (method: string, body?: string): Promise<Response> | undefined =>
      channel.webhook?.(
        new Request(`${hookUrl}?secret=${secret}`, { method, ...(body === undefined ? {} : { body }) }),
      );
    expect((await call("POST", "{}"))?.status).toBe(503);
    expect((await call("GET"))?.status).toBe(405);
    await run(channel);
    expect((await call("POST", "no json"))?.status).toBe(400);
    expect((await call("POST", "{}"))?.status).toBe(200);
  });

  it("waits for what is looked up at the start: nothing overtakes it", async () => {
    const { fake, create: make } = await create();
    const sink = createRecordingSink();
    await (await run(make(), sink)).end();
    await fake.receive({ text: "while away", isSilent: true });
    const late = createRecordingSink(300);
    const stop = new AbortController();
    const ended = make().start(late, stop.signal);
    await waitUntil(() => late.receivedIds.length === 1);
    await fake.receive({ text: "just now" });
    expect(late.messages.map(({ text }) => text)).toEqual(["while away", "just now"]);
    stop.abort();
    await ended;
  });
});

describe("a hook and look-ups together", () => {
  it("keep the order while something that came earlier cannot be stored", async () => {
    const { fake, create: make } = await create();
    const sink = createRecordingSink();
    await (await run(make(), sink)).end();
    await fake.receive({ text: "while away", isSilent: true });
    sink.failNext(1);
    const stop = new AbortController();
    const ended = make().start(sink, stop.signal);
    await waitUntil(() => sink.receivedIds.length === 1);
    await fake.receive({ text: "just now" });
    expect(sink.messages.map(({ text }) => text)).toEqual(["while away", "just now"]);
    stop.abort();
    await ended;
  });

  it("hand over once what both have seen", async () => {
    const { fake, create: make } = await create();
    const { sink } = await run(make());
    const first = await fake.receive({ text: "by the hook" });
    sink.failNext(1);
    const second = await fake.receive({ text: "by a look-up" });
    await sink.waitFor(2);
    expect(sink.receivedIds).toEqual([first.guid, second.guid, second.guid]);
  });
});

describe("looking up", () => {
  it("begins with what comes after the first start, and reads on from there", async () => {
    const { fake, create: make } = await create();
    await fake.receive({ text: "long ago", isSilent: true });
    const sink = createRecordingSink();
    await (await run(make(), sink)).end();
    for (let count = 0; count < 1_203; count += 1) await fake.receive({ text: `m${count}`, isSilent: true });
    await run(make(), sink);
    await sink.waitFor(1_203, 20_000);
    expect(sink.messages.map(({ text }) => text)).toEqual(Array.from({ length: 1_203 }, (_, index) => `m${index}`));
  }, 30_000);

  it("keeps its place at what could not be stored", async () => {
    const { fake, disk, create: make } = await create({ webhookSecret: undefined, pollSeconds: 0.05 });
    const { sink, end } = await run(make());
    await fake.receive({ text: "a", isSilent: true });
    await sink.waitFor(1);
    await waitUntil(() => disk.entries.get("row") === String(fake.messages.at(-1)?.originalROWID));
    const kept = disk.entries.get("row");
    sink.failNext(1_000);
    await fake.receive({ text: "b", isSilent: true });
    await waitUntil(() => sink.receivedIds.length > 1);
    await end();
    expect(disk.entries.get("row")).toBe(kept);
    expect(sink.states).toContainEqual({ state: "connecting", reason: "The database does not answer." });
  });

  it("takes messages in the order in which the Mac got them, whenever they were written", async () => {
    const { fake, create: make } = await create({ webhookSecret: undefined, pollSeconds: 0.05 });
    const { sink } = await run(make());
    await fake.receive({ text: "first", isSilent: true });
    await sink.waitFor(1);
    await fake.receive({ text: "written hours ago", isSilent: true, extra: { dateCreated: Date.now() - 9e6 } });
    expect((await sink.waitFor(2))[1]?.text).toBe("written hours ago");
  });

  it("keeps that order among several", async () => {
    const { fake, create: make } = await create();
    const sink = createRecordingSink();
    await (await run(make(), sink)).end();
    await fake.receive({ text: "a", isSilent: true });
    await fake.receive({ text: "b", isSilent: true, extra: { dateCreated: Date.now() - 9e6 } });
    await fake.receive({ text: "c", isSilent: true, extra: { dateCreated: Date.now() + 1_000 } });
    await run(make(), sink);
    expect((await sink.waitFor(3)).map(({ text }) => text)).toEqual(["a", "b", "c"]);
  });

  it("waits for a message that is only half written", async () => {
    const { fake, create: make } = await create({ webhookSecret: undefined, pollSeconds: 0.05 });
    const { sink } = await run(make());
    const half = await fake.receive({
      text: "slow",
      isSilent: true,
      extra: { chats: [], dateCreated: Date.now() - 9e6 },
    });
    await fake.receive({ text: "next", isSilent: true });
    await new Promise((resolve) => void setTimeout(resolve, 400));
    expect(sink.messages).toEqual([]);
    half.chats.push({ guid: `any;-;${ada}`, displayName: "", style: 45 });
    expect((await sink.waitFor(2)).map(({ text }) => text)).toEqual(["slow", "next"]);
  });

  it("starts from the end where the history is shorter than it was", async () => {
    const { fake, disk, create: make, logged } = await create({ webhookSecret: undefined, pollSeconds: 0.05 });
    await disk.state.set("row", "999999");
    await fake.receive({ text: "old", isSilent: true });
    const { sink } = await run(make());
    await fake.receive({ text: "new", isSilent: true });
    expect((await sink.waitFor(1)).map(({ text }) => text)).toEqual(["new"]);
    expect(logged.map(({ words }) => words).join()).toContain("shorter");
  });
});

describe("the server", () => {
  it("with another password ends the channel, and says so without it", async () => {
    const { create: make } = await create();
    const sink = createRecordingSink();
    const error = await failure(make({ password: "wrong-password" }).start(sink, noSignal));
    expect(error.code).toBe("unauthorised");
    expect(sink.states.at(-1)?.state).toBe("down");
    expect(JSON.stringify(sink.states) + error.message + (error.hint ?? "")).not.toContain("wrong-password");
  });

  it("that is not there is waited for, and its password is told nowhere", async () => {
    const { create: make, logged } = await create({ serverUrl: "http://127.0.0.1:1" });
    const channel = make();
    const sink = createRecordingSink();
    const stop = new AbortController();
    const ended = channel.start(sink, stop.signal);
    await waitUntil(() => sink.states.length > 1);
    const error = await failure(send(channel, "hi"));
    expect(error).toMatchObject({ code: "unreachable" });
    expect(error.retryAfterMs).toBeGreaterThan(0);
    expect(JSON.stringify([sink.states, logged, error.message, String(error.stack)])).not.toContain(password);
    stop.abort();
    await ended;
  });

  it("without the Private API at work is pointed out, and tells of sends that they did not go out", async () => {
    const { fake, create: make, logged } = await create({ privateApi: true }, { hasPrivateApi: false });
    const channel = make();
    await run(channel);
    expect(logged.map(({ words }) => words).join()).toContain("Private API");
    expect(await failure(send(channel, "hi"))).toMatchObject({ code: "unreachable", retryAfterMs: 30_000 });
    expect(fake.messages).toEqual([]);
  });

  it("names chats as it likes: answers go where the last message came from", async () => {
    const { fake, create: make } = await create({}, { osVersion: "15.6.1" });
    const channel = make();
    const { sink } = await run(channel);
    await fake.receive({ text: "by SMS", chat: `SMS;-;${ada}` });
    await sink.waitFor(1);
    await send(channel, "back");
    await send(channel, "first words", {}, { channel: "imessage", chat: "-;bob@example.org" });
    const guids = fake.calls.filter(({ route }) => route === "POST /message/text").map(({ body }) => body["chatGuid"]);
    expect(guids).toEqual([`SMS;-;${ada}`, "iMessage;-;bob@example.org"]);
  });
});

describe("what we send", () => {
  it("has an id of ours, and is a reply where the Private API can", async () => {
    const { fake, create: make } = await create({ privateApi: true });
    const message = outbound(toAda, "yes", { replyToId: "A-GUID" });
    const [guid] = await make().send(message, createSendContext());
    const call = fake.calls.find(({ route }) => route === "POST /message/text");
    expect(call?.body).toEqual({
      chatGuid: `iMessage;-;${ada}`,
      tempGuid: `parlance-${message.id}-0`,
      method: "private-api",
      selectedMessageGuid: "A-GUID",
      message: "yes",
    });
    expect(guid).toBe(fake.messages[0]?.guid);
    const plain = (await create()).create();
    await send(plain, "yes", { replyToId: "A-GUID" });
  });

  it("is not a reply without the Private API", async () => {
    const { fake, create: make } = await create();
    await send(make(), "yes", { replyToId: "A-GUID" });
    expect(fake.calls[0]?.body).not.toHaveProperty("selectedMessageGuid");
    expect(fake.calls[0]?.body["method"]).toBe("apple-script");
  });

  it("carries files whole, and names what is too large or empty", async () => {
    const { fake, create: make, disk } = await create({ maxUploadBytes: 1_000_000 });
    const content = Buffer.from(Array.from({ length: 100_003 }, (_, index) => index % 251));
    const file = await disk.files.save(Readable.from([content]), { name: "data.bin" });
    const attachments = [
      file,
      { ...file, name: "empty.txt", bytes: 0 },
      { ...file, name: "big.bin", bytes: 2_000_000 },
    ];
    await send(make(), "here", { attachments });
    expect(fake.messages.map(({ text }) => text)).toEqual([
      "here",
      "(The file empty.txt is empty and cannot be sent.)",
      "(The file big.bin is too large and cannot be sent.)",
      "\uFFFC",
    ]);
    const [sent] = fake.messages.at(-1)?.attachments ?? [];
    expect(sent?.transferName).toBe("data.bin");
    expect(Buffer.from(fake.files.get(sent?.guid ?? "") ?? []).equals(content)).toBe(true);
  });

  it("is edited, reacted to, and shows typing, with the Private API", async () => {
    const { fake, create: make } = await create({ privateApi: true });
    const channel = make();
    await run(channel);
    await fake.receive({ text: "hi", chat: group });
    const message = outbound(toGroup, "v0");
    const [guid = ""] = await channel.send(message, createSendContext());
    await channel.edit?.({ ...message, text: "**v1**" }, guid, noSignal);
    await channel.react?.(toGroup, guid, "🎉", noSignal);
    await channel.typing?.(toGroup, noSignal);
    expect(fake.messages.find((each) => each.guid === guid)?.text).toBe("v1");
    expect(fake.reactions).toEqual([
      { chatGuid: group, selectedMessageGuid: guid, partIndex: 0, reaction: "emoji", emoji: "🎉" },
    ]);
    expect(fake.typing).toEqual([group]);
    await expect(channel.edit?.(message, "GONE", noSignal)).rejects.toMatchObject({ code: "not-found" });
    await expect(channel.react?.(toGroup, "GONE", "👍", noSignal)).rejects.toMatchObject({ code: "not-found" });
  });

  it.each([
    ["not-delivered", "send-rejected", /not on iMessage/],
    ["gave-up", "send-uncertain", /could not tell/],
    ["503", "unreachable", /503/],
  ] as const)("says what went wrong: %s", async (how, code, words) => {
    const { fake, create: make } = await create();
    fake.failNext("/message/text", how);
    const error = await failure(send(make(), "secret words"));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(words);
    expect(error.message).not.toMatch(/secret words|blue-password/);
  });

  it("is answered by a number", async () => {
    const { fake, create: make } = await create();
    const channel = make();
    const { sink } = await run(channel);
    await send(channel, "May I?", { choices: [{ label: "Yes", command: "/approve 1" }] });
    await fake.receive({ text: "1" });
    expect((await sink.waitFor(1))[0]).toMatchObject({ kind: "command", text: "/approve 1", isAddressed: true });
  });
});

describe("a send of which nobody knows the outcome", () => {
  const probe = async (
    made: BlueSetup,
    isToo: (channel: Channel) => Promise<unknown> = async () => undefined,
    isBefore: (channel: Channel) => Promise<unknown> = async () => undefined,
  ) => {
    const channel = made.create();
    await isBefore(channel);
    const message = outbound(toAda, "did it?");
    const hint = channel.reconcileHint?.(message) ?? "";
    made.fake.failNext("/message/text", "cut-after-accept");
    await expect(channel.send(message, createSendContext())).rejects.toMatchObject({ code: "send-uncertain" });
    await isToo(channel);
    return made.create().reconcile?.(message, createSendContext([], { hint }));
  };

  it("is found among what the Mac sent, and known from then on", async () => {
    const made = await create();
    const found = await probe(made);
    expect(found).toMatchObject({ state: "arrived", platformId: made.fake.messages[0]?.guid });
    expect(found?.state === "arrived" ? Object.keys(found.notes ?? {}) : []).toEqual(["sent", "own-sends"]);
  });

  it("is not mistaken for one that said the same before", async () => {
    const made = await create();
    const before = createSendContext([], { state: made.disk.state });
    const found = await probe(made, undefined, (channel) => channel.send(outbound(toAda, "did it?"), before));
    expect(found).toMatchObject({ state: "arrived", platformId: made.fake.messages[1]?.guid });
  });

  it("stays unknown where somebody wrote the same by hand", async () => {
    const made = await create();
    const known = await probe(made, () => made.fake.receive({ text: "did it?", isFromMe: true, isSilent: true }));
    expect(known).toEqual({ state: "unknown", reason: "the Mac has several messages that say the same" });
  });

  it("is not mistaken for the same words of somebody else", async () => {
    const made = await create();
    const channel = made.create();
    const message = outbound(toAda, "did it?");
    const hint = channel.reconcileHint?.(message) ?? "";
    made.fake.failNext("/message/text", "cut-before-accept");
    await expect(channel.send(message, createSendContext())).rejects.toMatchObject({ code: "send-uncertain" });
    await made.fake.receive({ text: "did it?", isSilent: true });
    expect(await made.create().reconcile?.(message, createSendContext([], { hint }))).toEqual({ state: "absent" });
  });

  it("is not looked for too early, nor without knowing when it began", async () => {
    const { create: make } = await create();
    const channel = make();
    const message = outbound(toAda, "x");
    const hint = channel.reconcileHint?.(message) ?? "";
    const early = await failure(channel.reconcile?.(message, createSendContext([], { hint })) ?? Promise.resolve());
    expect(early.code).toBe("unreachable");
    expect(early.retryAfterMs).toBeLessThanOrEqual(60_000);
    expect(await channel.reconcile?.(message, createSendContext())).toMatchObject({ state: "unknown" });
    expect(await channel.reconcile?.(message, createSendContext(["one-part"], { hint }))).toEqual({ state: "absent" });
  });

  it("is found as a file, too", async () => {
    const made = await create();
    const file = await made.disk.files.save(Readable.from([Buffer.from("%PDF-1.7")]), { name: "a.pdf" });
    const channel = made.create();
    const message = outbound(toAda, "", { attachments: [file] });
    const hint = channel.reconcileHint?.(message) ?? "";
    made.fake.failNext("/message/attachment", "cut-after-accept");
    await expect(channel.send(message, createSendContext())).rejects.toMatchObject({ code: "send-uncertain" });
    const found = await made.create().reconcile?.(message, createSendContext([], { hint }));
    expect(found).toMatchObject({ state: "arrived", platformId: made.fake.messages[0]?.guid });
  });
});

describe("what becomes of our messages", () => {
  it("is reported: delivered, read, refused", async () => {
    const { fake, create: make } = await create();
    const channel = make();
    const { sink } = await run(channel);
    const message = outbound(toAda, "hi");
    await channel.send(message, createSendContext());
    const [sent] = fake.messages;
    if (sent === undefined) throw new Error("nothing was sent");
    await fake.announce("updated-message", Object.assign(sent, { dateDelivered: Date.now(), isDelivered: true }));
    await fake.announce("updated-message", Object.assign(sent, { dateRead: Date.now() }));
    await fake.announce("message-send-error", Object.assign(sent, { error: 22 }));
    expect(sink.reports).toEqual([
      { outboundId: message.id, state: "delivered" },
      { outboundId: message.id, state: "read" },
      { outboundId: message.id, state: "failed", reason: "the recipient is not on iMessage" },
    ]);
  });

  it("is reported by the last part only, unless one failed", async () => {
    const { fake, create: make } = await create();
    const channel = make();
    const { sink } = await run(channel);
    const message = outbound(toAda, "word ".repeat(1_500));
    await channel.send(message, createSendContext());
    const [first, last] = fake.messages;
    await fake.announce("updated-message", Object.assign(first ?? {}, { isDelivered: true }));
    expect(sink.reports).toEqual([]);
    await fake.announce("updated-message", Object.assign(last ?? {}, { isDelivered: true }));
    await fake.announce("updated-message", Object.assign(first ?? {}, { error: 4 }));
    expect(sink.reports.map(({ state }) => state)).toEqual(["delivered", "failed"]);
  });

  it("is not reported of what somebody wrote by hand", async () => {
    const { fake, create: make } = await create();
    const { sink } = await run(make());
    const message = await fake.receive({ text: "by hand", isFromMe: true });
    await fake.announce("updated-message", Object.assign(message, { isDelivered: true }));
    expect(sink.reports).toEqual([]);
    expect(sink.receivedIds).toEqual([message.guid]);
  });
});

describe("files that come", () => {
  it("are remarked on where the Mac does not have them or they are too large", async () => {
    const { fake, create: make, disk } = await create();
    const { sink } = await run(make());
    const gone = {
      guid: "GONE",
      transferName: "gone.png",
      mimeType: "image/png",
      totalBytes: 3,
      hideAttachment: false,
    };
    await fake.receive({ text: "look", extra: { attachments: [gone] } });
    await fake.receive({ text: "big", file: { name: "big.bin", content: Buffer.alloc(2_000_000) } });
    await fake.receive({ text: "fine", file: { name: "a.txt", content: Buffer.from("abc"), type: "text/plain" } });
    const messages = await sink.waitFor(3, 15_000);
    expect(messages.map(({ text }) => text)).toEqual([
      "look\n\n[The file gone.png could not be kept: the Mac does not have it.]",
      "big\n\n[The file big.bin could not be kept: it is too large.]",
      "fine",
    ]);
    const [kept] = messages[2]?.attachments ?? [];
    if (kept === undefined) throw new Error("no file");
    expect((await buffer(disk.files.open(kept))).toString()).toBe("abc");
  }, 20_000);
});

describe("setting up", () => {
  it("says what the server is, and what is wrong", async () => {
    const { fake } = await create({}, { hasPrivateApi: false });
    const check = (extra: object) => setup.check({ serverUrl: fake.url, password, ...extra }, noSignal);
    expect(await check({})).toBe("BlueBubbles 1.9.9 on macOS 26.0.1, with texts and files only.");
    await expect(check({ privateApi: true })).rejects.toMatchObject({ code: "config-invalid" });
    await expect(check({ password: "nope" })).rejects.toMatchObject({ code: "unauthorised" });
    await expect(check({ password: undefined })).rejects.toMatchObject({ code: "config-invalid" });
    await expect(check({ transport: "osascript", chatDb: "/nowhere/chat.db" })).rejects.toMatchObject({
      code: "forbidden",
    });
    expect(fake.messages).toEqual([]);
    expect(fake.hooks).toEqual([]);
  });
});
