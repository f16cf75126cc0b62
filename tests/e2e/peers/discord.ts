import { setTimeout as sleep } from "node:timers/promises";
import { createFakeDiscord, type FakeUser } from "../../doubles/fake-discord.ts";
import { listOthers } from "../../doubles/recorded-requests.ts";
import type { CreatePeer } from "./peer.ts";

/**
 * Discord tells each event once. Who comes back resumes the session, or, after a longer while, reads the history: here
 * the session is gone after every second death.
 */
export const createDiscordPeer: CreatePeer = async ({ people }) => {
  const fake = await createFakeDiscord();
  const { world, gateway } = fake;
  const chats = new Map<number, { readonly user: FakeUser; readonly id: string }>();
  for (const each of people) {
    const user = world.createUser(`Person${each}`);
    chats.set(each, { user, id: world.addDirect(user) });
  }

  /** Direct chats stand in no list: who was never heard before is heard only in a session that can be resumed. */
  async function untilKnown(): Promise<void> {
    while (gateway.connections() === 0) await sleep(20);
    await sleep(2_500); // the session is kept every second
  }
  let known: Promise<void> | undefined;

  let absences = 0;
  let wasConnected = false;
  const watch = setInterval(() => {
    const isConnected = gateway.connections() > 0;
    if (wasConnected && !isConnected) {
      absences += 1;
      if (absences % 2 === 0) gateway.expireSessions();
    }
    wasConnected = isConnected;
  }, 5);

  return {
    channel: { platform: "discord", token: fake.token, restUrl: fake.url },
    async say(person, text) {
      await (known ??= untilKnown());
      const chat = chats.get(person);
      if (chat !== undefined) fake.say({ from: chat.user, channel: chat.id, text });
    },
    received: () =>
      fake.sent().flatMap((message) => {
        const [person] = [...chats].find(([, { id }]) => id === message.channel_id) ?? [];
        return person === undefined ? [] : [{ person, text: message.content }];
      }),
    async stir(mark) {
      await (known ??= untilKnown());
      fake.say({ channel: world.general, text: `${mark} in a group` });
      const called = fake.say({ channel: world.general, text: `${mark} to us`, isMention: true });
      fake.say({ channel: world.thread, text: `${mark} in a thread`, isMention: true });
      fake.say({ text: `${mark} a file`, file: { name: "a.txt", content: Buffer.from("words") } });
      fake.edit(called, `${mark} an edit`);
      fake.react(called, "👍");
      // Both from when the bot still spoke.
      if (!fake.routes.commands.some(({ name }) => name === "help"))
        fake.routes.commands.push({ id: world.nextId(), name: "help", options: [{ name: "command" }] });
      const components = [{ components: [{ label: mark, custom_id: `0|/approve ${mark}` }] }];
      world.addMessage({ channel_id: world.direct, author: world.bot, content: "May I?", components });
      fake.use("help", [mark], world.general);
      fake.press(mark);
      const said = ["in a group", "to us", "in a thread", "a file", "an edit"].map((words) => `${mark} ${words}`);
      return [...said, `/help ${mark}`, `/approve ${mark}`];
    },
    shown: () => [
      ...listOthers(
        fake.requests.map(({ line }) => line),
        [/^GET /],
      ),
      ...fake.gateway.presences.filter((status) => status !== "invisible").map((status) => `shows as ${status}`),
    ],
    async close() {
      clearInterval(watch);
      await fake.stop();
      if (fake.routes.faults.length > 0)
        throw new Error(`Discord takes no such bodies: ${fake.routes.faults.join("; ")}`);
    },
  };
};
