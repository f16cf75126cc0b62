import { setTimeout as sleep } from "node:timers/promises";
import { createFakeMatrix } from "../../doubles/fake-matrix.ts";
import { createPerson, type Person } from "../../doubles/matrix-person.ts";
import type { CreatePeer } from "./peer.ts";

const bot = "@bot:example.org";

/** Encrypted rooms: each person has a program of their own, and its keys. */
export const createMatrixPeer: CreatePeer = async ({ people }) => {
  const fake = await createFakeMatrix();
  const { store } = fake;
  const { token } = store.addDevice(bot);
  const encryption = { type: "m.room.encryption", content: { algorithm: "m.megolm.v1.aes-sha2" } };
  const chats = new Map<number, { readonly person: Person; readonly room: string }>();
  for (const each of people) {
    const userId = `@person-${each}:example.org`;
    const { deviceId, token: accessToken } = store.addDevice(userId);
    const room = store.createRoom(userId, [encryption], [bot], true).id;
    store.setMembership(room, bot, "join");
    chats.set(each, { room, person: await createPerson(fake.url, { userId, deviceId, accessToken }) });
  }

  function find(each: number): { readonly person: Person; readonly room: string } {
    const chat = chats.get(each);
    if (chat === undefined) throw new Error(`There is no person ${each}.`);
    return chat;
  }

  return {
    channel: { platform: "matrix", homeserverUrl: fake.url, userId: bot, accessToken: token },
    async say(each, text) {
      // What was said before it ever was there is nothing to it.
      while (!fake.hasSynced(token)) await sleep(50);
      const { person, room } = find(each);
      await person.say(room, text);
    },
    received: () => [...chats].flatMap(([each, { person }]) => person.seen.map(({ text }) => ({ person: each, text }))),
    async close() {
      for (const { person } of chats.values()) person.stop();
      await fake.stop();
    },
  };
};
