import { setTimeout as sleep } from "node:timers/promises";
import { createFakeMatrix } from "../../doubles/fake-matrix.ts";
import { createPerson, type Person } from "../../doubles/matrix-person.ts";
import { listOthers, type RecordedRequest } from "../../doubles/recorded-requests.ts";
import type { CreatePeer } from "./peer.ts";

const bot = "@bot:example.org";
/** Reading, its own keys and settings, and a sync that does not show it as online. */
const unseen = [
  /^GET \/_matrix\/client\/v3\/sync\?(?:.*&)?set_presence=offline(?:&|$)/,
  /^GET (?!\/_matrix\/client\/v3\/sync\?)/,
  /^POST \/_matrix\/client\/v3\/keys\//,
  /^POST \/_matrix\/client\/v3\/user\/[^/]+\/filter/,
  /^PUT \/_matrix\/client\/v3\/sendToDevice\/m\.(?:room\.encrypted|dummy|room_key_request)\//,
];

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

  const isSync = ({ line, authorization }: RecordedRequest): boolean =>
    authorization === `Bearer ${token}` && line.includes("/sync?");

  return {
    channel: { platform: "matrix", homeserverUrl: fake.url, userId: bot, accessToken: token },
    async say(each, text) {
      // What was said before it ever was there is nothing to it.
      while (!fake.hasSynced(token)) await sleep(50);
      const { person, room } = find(each);
      await person.say(room, text);
    },
    async stir(mark) {
      while (!fake.hasSynced(token)) await sleep(50);
      const { person, room } = find(people[0] ?? 1);
      const group = store.createRoom(person.userId, [], [bot, "@bob:example.org"]).id;
      store.setMembership(group, bot, "join");
      const say = (text: string, content: object = {}): string =>
        store.addEvent(group, {
          type: "m.room.message",
          sender: person.userId,
          content: { msgtype: "m.text", body: text, ...content },
        }).event_id;
      // What was said before it came is nothing to it.
      const position = fake.requests.length;
      while (!fake.requests.slice(position).some(isSync)) await sleep(20);
      const said = say(`${mark} in a group`);
      say(`Bot: ${mark} to us`, { "m.mentions": { user_ids: [bot] } });
      say(`${mark} in a thread`, { "m.relates_to": { rel_type: "m.thread", event_id: said } });
      const relation = { rel_type: "m.replace", event_id: said };
      const edit = { msgtype: "m.text", body: `${mark} an edit` };
      say(`* ${edit.body}`, { "m.new_content": edit, "m.relates_to": relation });
      await person.sendFile(room, { name: `${mark}.txt`, type: "text/plain", content: Buffer.from("words") }, true);
      await person.react(group, said, "👍");
      // Nobody may see what becomes of an invitation, nor whether we follow to a newer room.
      store.createRoom(person.userId, [], [bot], true);
      store.addEvent(group, {
        type: "m.room.tombstone",
        sender: person.userId,
        stateKey: "",
        content: { body: "moved", replacement_room: store.createRoom(person.userId, [], []).id },
      });
      await person.say(room, `/help ${mark}`);
      const words = ["in a group", "to us", "in a thread", "an edit"].map((each) => `${mark} ${each}`);
      return [...words, `${mark}.txt`, `/help ${mark}`];
    },
    shown: () =>
      listOthers(
        fake.requests.filter(({ authorization }) => authorization === `Bearer ${token}`).map(({ line }) => line),
        unseen,
      ),
    received: () => [...chats].flatMap(([each, { person }]) => person.seen.map(({ text }) => ({ person: each, text }))),
    async close() {
      for (const { person } of chats.values()) person.stop();
      await fake.stop();
    },
  };
};
