import { setTimeout as sleep } from "node:timers/promises";
import { appToken, botToken, signingSecret, toCall } from "../../channels/slack/harness.ts";
import { createFakeSlack, type FakeSlack } from "../../doubles/fake-slack.ts";
import { callUntilTaken, type CreatePeer, type Peer } from "./peer.ts";

const chatOf = (person: number): string => `D0P${person}`;
const userOf = (person: number): string => `U0P${person}`;

/** Over its socket. What is said while nobody is connected stands in the history only. */
export const createSlackPeer: CreatePeer = async ({ people }) => {
  const fake = await createFakeSlack({ botToken, appToken, repeatMs: 2_000 });
  meet(fake, people);
  let wasConnected = false;
  return {
    channel: { platform: "slack", botToken, appToken, slackApiUrl: fake.url },
    async say(person, text) {
      // What was said before it ever was there is nothing to it.
      while (!wasConnected) {
        wasConnected = fake.socket.connections.size > 0;
        if (!wasConnected) await sleep(20);
      }
      const { event } = fake.write({ chat: chatOf(person), user: userOf(person), text });
      if (fake.socket.connections.size > 0) fake.socket.send(fake.envelope("events_api", fake.wrap(event)));
    },
    ...listen(fake, people),
  };
};

/** By signed calls, which Slack repeats. */
export const createSlackCallsPeer: CreatePeer = async ({ hookUrl, people }) => {
  const fake = await createFakeSlack({ botToken });
  meet(fake, people);
  return {
    channel: { platform: "slack", botToken, signingSecret, slackApiUrl: fake.url },
    async say(person, text) {
      const { event } = fake.write({ chat: chatOf(person), user: userOf(person), text });
      const envelope = fake.envelope("events_api", fake.wrap(event));
      await callUntilTaken(() => new Request(hookUrl, toCall(envelope)));
    },
    ...listen(fake, people),
  };
};

function meet({ store }: FakeSlack, people: readonly number[]): void {
  for (const each of people) {
    store.people.set(userOf(each), { name: `Person${each}`, isBot: false });
    store.chats.set(chatOf(each), { id: chatOf(each), isMember: true, user: userOf(each) });
  }
}

function listen(fake: FakeSlack, people: readonly number[]): Pick<Peer, "received" | "close"> {
  return {
    received: () =>
      fake.sent().flatMap(({ chat, text }) => {
        const person = people.find((each) => chatOf(each) === chat);
        return person === undefined ? [] : [{ person, text }];
      }),
    close: () => fake.stop(),
  };
}
