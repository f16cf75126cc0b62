import { setTimeout as sleep } from "node:timers/promises";
import { appToken, botToken, signingSecret, toCall } from "../../channels/slack/harness.ts";
import type { Envelope } from "../../doubles/fake-slack-socket.ts";
import { createFakeSlack, type FakeSlack } from "../../doubles/fake-slack.ts";
import { listOthers } from "../../doubles/recorded-requests.ts";
import { callUntilTaken, type CreatePeer, type Peer } from "./peer.ts";

const chatOf = (person: number): string => `D0P${person}`;
const userOf = (person: number): string => `U0P${person}`;
const unseen = [
  /\/api\/(?:auth\.test|apps\.connections\.open|users\.(?:conversations|info)|bots\.info)$/,
  /\/api\/conversations\.(?:history|replies|info|members)$/,
  /^GET \/files-pri\//,
];

/** Over its socket. What is said while nobody is connected stands in the history only. */
export const createSlackPeer: CreatePeer = async ({ people }) => {
  const fake = await createFakeSlack({ botToken, appToken, repeatMs: 2_000 });
  meet(fake, people);
  let wasConnected = false;

  async function deliver(envelope: Envelope): Promise<void> {
    if (fake.socket.connections.size > 0) fake.socket.send(envelope);
  }

  return {
    channel: { platform: "slack", botToken, appToken, slackApiUrl: fake.url },
    async say(person, text) {
      // What was said before it ever was there is nothing to it.
      while (!wasConnected) {
        wasConnected = fake.socket.connections.size > 0;
        if (!wasConnected) await sleep(20);
      }
      const { event } = fake.write({ chat: chatOf(person), user: userOf(person), text });
      await deliver(fake.envelope("events_api", fake.wrap(event)));
    },
    ...listen(fake, people, deliver, () => [...fake.socket.acknowledged.values()].map(showAnswer)),
  };
};

/** By signed calls, which Slack repeats. */
export const createSlackCallsPeer: CreatePeer = async ({ hookUrl, people }) => {
  const fake = await createFakeSlack({ botToken });
  const answers: string[] = [];
  meet(fake, people);

  async function deliver(envelope: Envelope): Promise<void> {
    answers.push(await callUntilTaken(() => new Request(hookUrl, toCall(envelope))));
  }

  return {
    channel: { platform: "slack", botToken, signingSecret, slackApiUrl: fake.url },
    async say(person, text) {
      const { event } = fake.write({ chat: chatOf(person), user: userOf(person), text });
      await deliver(fake.envelope("events_api", fake.wrap(event)));
    },
    ...listen(fake, people, deliver, () => answers),
  };
};

/** The answer to an envelope as the one to a call would be. */
function showAnswer(payload: object | undefined): string {
  return payload === undefined ? "" : JSON.stringify(payload);
}

function meet({ store }: FakeSlack, people: readonly number[]): void {
  for (const each of people) {
    store.people.set(userOf(each), { name: `Person${each}`, isBot: false });
    store.chats.set(chatOf(each), { id: chatOf(each), isMember: true, user: userOf(each) });
  }
}

function listen(
  fake: FakeSlack,
  people: readonly number[],
  deliver: (envelope: Envelope) => Promise<void>,
  answers: () => readonly string[],
): Pick<Peer, "received" | "stir" | "shown" | "close"> {
  const [first = 1] = people;
  return {
    received: () =>
      fake.sent().flatMap(({ chat, text }) => {
        const person = people.find((each) => chatOf(each) === chat);
        return person === undefined ? [] : [{ person, text }];
      }),
    stir: (mark) => stir(fake, first, mark, deliver),
    shown: () => [
      ...listOthers(
        fake.requests.map(({ line }) => line),
        unseen,
      ),
      ...answers().filter((words) => words !== "" && words !== "{}"),
    ],
    close: () => fake.stop(),
  };
}

async function stir(
  fake: FakeSlack,
  person: number,
  mark: string,
  deliver: (envelope: Envelope) => Promise<void>,
): Promise<readonly string[]> {
  const { store, bot } = fake;
  const user = userOf(person);
  const tell = (event: object): Promise<void> => deliver(fake.envelope("events_api", fake.wrap(event)));
  const group = { user, chat: "C0OPS" };
  const { event, message } = fake.write({ ...group, text: `${mark} in a group` });
  await tell(event);
  await tell(fake.write({ ...group, text: `<@${bot.userId}> ${mark} to us` }).event);
  await tell(fake.write({ ...group, text: `<@${bot.userId}> ${mark} in a thread`, thread: message.ts }).event);
  const file = { name: "a.txt", content: Buffer.from("words"), mimetype: "text/plain" };
  await tell(fake.write({ user, chat: chatOf(person), text: `${mark} a file`, file }).event);
  const ts = store.nextTs();
  const edited = { type: "message", ...message, text: `${mark} an edit`, edited: { user, ts } };
  const place = { channel: message.chat, channel_type: "channel", ts, event_ts: ts };
  const before = { type: "message", ...message };
  await tell({ type: "message", subtype: "message_changed", message: edited, previous_message: before, ...place });
  const item = { type: "message", channel: message.chat, ts: message.ts };
  await tell({ type: "reaction_added", user, reaction: "+1", item_user: bot.userId, item, event_ts: store.nextTs() });
  const card = { message_ts: "1700000000.000100", channel_id: chatOf(person) };
  const press = {
    type: "block_actions",
    user: { id: user, username: "ada", team_id: bot.teamId },
    container: { type: "message", is_ephemeral: false, ...card },
    channel: { id: card.channel_id },
    message: { type: "message", ts: card.message_ts },
    trigger_id: `1.${store.nextTs()}`,
    actions: [{ type: "button", action_id: "choice-0", value: `/approve ${mark}`, action_ts: store.nextTs() }],
  };
  await deliver(fake.envelope("interactive", press));
  // One in a place where the app is, and one in a place where it is not.
  for (const [index, chat] of ["C0OPS", "C0FAR"].entries()) {
    const command = { command: "/parlance", text: `help ${mark}${index}`, user_id: user, user_name: "ada" };
    const where = { channel_id: chat, channel_name: "x", team_id: bot.teamId, trigger_id: `2.${store.nextTs()}` };
    await deliver(fake.envelope("slash_commands", { ...command, ...where }));
  }
  const said = ["in a group", "to us", "in a thread", "a file", "an edit"].map((words) => `${mark} ${words}`);
  return [...said, `/approve ${mark}`, `/help ${mark}0`, `/help ${mark}1`];
}
