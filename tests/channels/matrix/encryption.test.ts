import { buffer } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import type { ChannelState } from "../../../src/core/channel.ts";
import type { Address, InboundMessage } from "../../../src/core/message.ts";
import { createRecordingSink, createSendContext, outbound, waitUntil } from "../../doubles/channel-context.ts";
import { createPerson, type Person } from "../../doubles/matrix-person.ts";
import { ada, bot, createScene, type Scene } from "./scene.ts";

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

/** A homeserver with Ada at a program of her own, and the bot with her in an encrypted room. */
async function meet(): Promise<{ scene: Scene; person: Person; room: string; address: Address }> {
  const scene = await createScene();
  endings.push(() => scene.close());
  const { store } = scene.fake;
  const { deviceId, token } = store.addDevice(ada, "ADADEVICE");
  const encryption = { type: "m.room.encryption", content: { algorithm: "m.megolm.v1.aes-sha2" } };
  const room = store.createRoom(ada, [encryption], [bot]).id;
  store.setMembership(room, bot, "join");
  const person = await createPerson(scene.fake.url, { userId: ada, deviceId, accessToken: token });
  endings.push(() => person.stop());
  return { scene, person, room, address: { channel: "mx", chat: room } };
}

describe("an encrypted room", () => {
  it("is read and written in, and nobody else can read along", async () => {
    const { scene, person, room, address } = await meet();
    const { channel, sink } = await scene.run();
    await person.say(room, "the code is pelican");
    expect((await sink.waitFor(1))[0]).toMatchObject({ text: "the code is pelican", address });
    await channel.send(outbound(address, "and mine is marmot"), createSendContext());
    expect(await person.waitFor("marmot", room)).toMatchObject({ isEncrypted: true });
    const seenByServer = JSON.stringify([...(scene.fake.store.rooms.get(room)?.events ?? [])]);
    expect(seenByServer).not.toMatch(/pelican|marmot/);
    expect(scene.sent("m.room.encrypted")).toHaveLength(1);
  });

  it("stays encrypted for us, whatever the server says of it later", async () => {
    const { scene, person, room, address } = await meet();
    const first = await scene.run();
    await person.say(room, "hello");
    await first.sink.waitFor(1);
    await first.channel.send(outbound(address, "one"), createSendContext());
    await first.end();
    scene.fake.store.rooms.get(room)?.state.delete("m.room.encryption|");
    const second = await scene.run({}, first.sink);
    await second.channel.send(outbound(address, "two"), createSendContext());
    expect(scene.sent("m.room.message")).toHaveLength(0);
    expect(scene.sent("m.room.encrypted")).toHaveLength(2);
  });

  it("hands over a message whose key comes later, once, even after a restart", async () => {
    const { scene, person, room } = await meet();
    const first = await scene.run();
    const release = scene.fake.holdBack(scene.device);
    await person.say(room, "early bird");
    await waitUntil(() => scene.disk.entries.get("undecrypted")?.includes("$") === true);
    expect(first.sink.messages).toHaveLength(0);
    await first.end();
    expect(release()).toBeGreaterThan(0);
    const second = await scene.run({}, first.sink);
    await second.sink.waitFor(1);
    expect(second.sink.messages.map(({ text }) => text)).toEqual(["early bird"]);
    await waitUntil(() => scene.disk.entries.get("undecrypted") === "[]");
  });

  it("hands over such a message while it runs, as soon as the key comes", async () => {
    const { scene, person, room } = await meet();
    const { sink } = await scene.run();
    const release = scene.fake.holdBack(scene.device);
    await person.say(room, "early bird");
    await person.say(room, "and another");
    await waitUntil(() => scene.disk.entries.get("undecrypted")?.match(/eventId/g)?.length === 2);
    release();
    await sink.waitFor(2, 2_000);
    expect(sink.messages.map(({ text }) => text)).toEqual(["early bird", "and another"]);
  });

  it("passes by an event that makes no sense, and says that it could not read it", async () => {
    const { scene, person, room } = await meet();
    const { sink } = await scene.run();
    for (const content of [
      { algorithm: "m.megolm.v1.aes-sha2", ciphertext: "garbage", session_id: "x" },
      { algorithm: "m.unknown" },
      {},
    ])
      scene.fake.store.addEvent(room, { type: "m.room.encrypted", sender: ada, content });
    await person.say(room, "but this does");
    await waitUntil(() => sink.messages.some(({ text }) => text === "but this does"));
    const others = sink.messages.filter(({ text }) => text !== "but this does");
    for (const { text } of others) expect(text).toContain("key has not come");
  });

  it("takes no commands that came in the clear", async () => {
    const { scene, room } = await meet();
    const { sink } = await scene.run();
    scene.say("/approve 3f9a", { room });
    const [message] = await sink.waitFor(1);
    expect(message?.text).toMatch(/^\[Not encrypted/);
    expect(message?.kind).toBe("message");
  });

  it("carries files that the server cannot read", async () => {
    const { scene, person, room, address } = await meet();
    const { channel, sink } = await scene.run();
    const content = Buffer.from("%PDF-1.7 the secret plan");
    await person.sendFile(room, { name: "plan.pdf", type: "application/pdf", content }, true);
    const file = (await sink.waitFor(1))[0]?.attachments[0];
    if (file === undefined) throw new Error("no file");
    expect(await buffer(scene.disk.files.open(file))).toEqual(content);
    await channel.send(outbound(address, "", { attachments: [file] }), createSendContext());
    expect(await person.fetchFile(await person.waitFor("plan.pdf", room))).toEqual(content);
    for (const { content: stored, type } of scene.fake.media.values()) {
      expect(stored.toString()).not.toContain("secret");
      expect(type).not.toContain("pdf");
    }
  });

  it("keeps no file that was changed on its way", async () => {
    const { scene, person, room } = await meet();
    const { sink } = await scene.run();
    await person.sendFile(room, { name: "plan.pdf", type: "application/pdf", content: Buffer.from("%PDF-1.7") }, true);
    await sink.waitFor(1);
    const [entry] = scene.fake.media;
    if (entry === undefined) throw new Error("no file");
    entry[1].content[0] = (entry[1].content[0] ?? 0) ^ 1;
    const events = scene.fake.store.rooms.get(room)?.events ?? [];
    scene.fake.rewind(scene.device, (events.at(-1)?.position ?? 0) - 1);
    const again = await scene.run({}, createRecordingSink());
    scene.fake.rewind(scene.device, (events.at(-1)?.position ?? 0) - 1);
    const message = (await again.sink.waitFor(1))[0] as InboundMessage;
    expect(message.attachments).toEqual([]);
    expect(message.text).toContain("cannot be decrypted");
  });
});

/** Which of its session's keys a message was encrypted with: https://gitlab.matrix.org/matrix-org/olm/-/blob/master/docs/megolm.md */
function messageIndex(content: Readonly<Record<string, unknown>>): number {
  const bytes = Buffer.from(String(content["ciphertext"]), "base64");
  expect([...bytes.subarray(0, 2)]).toEqual([3, 8]);
  let index = 0;
  for (let at = 2, shift = 0; ; at += 1, shift += 7) {
    index |= ((bytes[at] ?? 0) & 0x7f) << shift;
    if (((bytes[at] ?? 0) & 0x80) === 0) return index;
  }
}

describe("death at any write", () => {
  it("loses nothing, doubles nothing, and never uses a message key twice", { timeout: 60_000 }, async () => {
    const { scene, person, room, address } = await meet();
    const sink = createRecordingSink();
    // Once without a death, so that sessions are there.
    const first = await scene.run({}, sink);
    await person.say(room, "hello");
    await sink.waitFor(1);
    await first.end();
    const { state } = scene.disk;
    const rounds = 16;
    let deaths = 0;
    for (let round = 0; round < rounds; round += 1) {
      const death = Promise.withResolvers<void>();
      let left = round;
      const dying: ChannelState = {
        get: state.get,
        async set(key, value) {
          if (left <= 0) {
            death.resolve();
            throw new Error("Dead.");
          }
          left -= 1;
          await state.set(key, value);
        },
      };
      const message = outbound(address, `answer ${round}`);
      await person.say(room, `question ${round}`);
      const stop = new AbortController();
      const channel = scene.create({}, dying);
      const ended = channel.start(sink, stop.signal).catch(() => undefined);
      const isAsked = (): boolean => sink.messages.some(({ text }) => text === `question ${round}`);
      const work = waitUntil(isAsked, 10_000).then(() => channel.send(message, createSendContext()));
      deaths += await Promise.race([death.promise.then(() => 1), work.then(() => 0)]);
      stop.abort();
      await Promise.all([ended, work.catch(() => undefined)].slice(0, isAsked() ? 2 : 1));
      const next = await scene.run({}, sink);
      await waitUntil(isAsked);
      // Another message comes first: with the key of the one before, if that was forgotten.
      await next.channel.send(outbound(address, `meanwhile ${round}`), createSendContext());
      await next.channel.send(message, createSendContext());
      await person.waitFor(`answer ${round}`, room);
      await next.end();
    }
    expect(deaths).toBeGreaterThan(3);
    expect(deaths).toBeLessThan(rounds);
    const questions = sink.messages.map(({ text }) => text).slice(1);
    expect(questions).toEqual(Array.from({ length: rounds }, (_, round) => `question ${round}`));
    const answers = person.seen.filter((each) => each.roomId === room && each.text.startsWith("answer"));
    const expected = Array.from({ length: rounds }, (_, round) => `answer ${round}`);
    expect(answers.map(({ text }) => text).toSorted()).toEqual(expected.toSorted());
    const keys = scene
      .sent("m.room.encrypted")
      .map(({ content }) => `${String(content["session_id"])} ${messageIndex(content)}`);
    expect(keys.length).toBe(2 * rounds);
    expect(new Set(keys).size).toBe(keys.length);
    expect(answers.every(({ isEncrypted }) => isEncrypted)).toBe(true);
  });
});
