import { setTimeout as sleep } from "node:timers/promises";
import { createFakeDiscord, type FakeUser } from "../../doubles/fake-discord.ts";
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
    async close() {
      clearInterval(watch);
      await fake.stop();
      if (fake.routes.faults.length > 0)
        throw new Error(`Discord takes no such bodies: ${fake.routes.faults.join("; ")}`);
    },
  };
};
