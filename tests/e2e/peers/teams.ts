import { commandKey } from "../../../channels/teams/parse.ts";
import { groupChat, wordsOf } from "../../channels/teams/person.ts";
import { createFakeTeams } from "../../doubles/fake-teams.ts";
import { listOthers } from "../../doubles/recorded-requests.ts";
import { callUntilTaken, type CreatePeer } from "./peer.ts";

const prefix = "a:1personal-chat-of-";
/** Its own keys and tokens, and what people sent. */
const unseen = [/^GET /, /^POST \/[^/]+\/oauth2\/v2\.0\/token$/];

export const createTeamsPeer: CreatePeer = async ({ hookUrl, people }) => {
  const [first = 1] = people;
  const answers: string[] = [];
  const fake = await createFakeTeams();
  const { appId, appPassword, tenantId, openIdMetadataUrl, loginUrl } = fake;
  for (const each of people) fake.open(prefix + String(each));
  fake.open(groupChat);
  let count = 0;

  /** Resolves with what the service was told. */
  async function tell(person: number, extra: object): Promise<object> {
    count += 1;
    const at = 1_760_000_100_000 + count * 1_000;
    const activity = {
      type: "message",
      id: String(at),
      timestamp: new Date(at).toISOString(),
      serviceUrl: fake.serviceUrl,
      channelId: "msteams",
      from: { id: `29:1person-${person}`, name: `Person${person}` },
      recipient: { id: fake.botId, name: "Parlance" },
      conversation: { id: prefix + String(person), conversationType: "personal", tenantId },
      channelData: { tenant: { id: tenantId } },
      ...extra,
    };
    answers.push(await callUntilTaken(() => new Request(hookUrl, fake.sign(activity))));
    return activity;
  }

  return {
    channel: {
      platform: "teams",
      appId,
      appPassword,
      tenantId,
      openIdMetadataUrl,
      loginUrl,
      trustedHosts: ["127.0.0.1"],
    },
    say: async (person, text) => void (await tell(person, { text })),
    received: () =>
      fake.sent.map((sent) => ({ person: Number(sent.conversation.slice(prefix.length)), text: wordsOf(sent) })),
    async stir(mark) {
      const conversation = { id: groupChat, conversationType: "groupChat", isGroup: true, tenantId };
      const mention = { type: "mention", text: "<at>Parlance</at>", mentioned: { id: fake.botId, name: "Parlance" } };
      await tell(first, { text: `${mark} in a group`, conversation });
      await tell(first, { text: `<at>Parlance</at> ${mark} to us`, entities: [mention], conversation });
      const contentUrl = fake.putFile(Buffer.from("89504e470d0a1a0a", "hex"), "service");
      const file = { contentType: "image/*", contentUrl, name: "a.png" };
      const sent = await tell(first, { text: `${mark} a file`, attachments: [file] });
      const isEdit = { type: "messageUpdate", channelData: { eventType: "editMessage" } };
      const timestamp = new Date().toISOString();
      await tell(first, { ...sent, ...isEdit, text: `${mark} an edit`, timestamp });
      await tell(first, { type: "messageReaction", reactionsAdded: [{ type: "like" }], replyToId: "1" });
      await tell(first, { type: "typing" });
      await tell(first, { type: "conversationUpdate", membersAdded: [{ id: fake.botId }] });
      const press = (command: string): object => ({ [commandKey]: command });
      await tell(first, { value: press(`/approve ${mark} 1`), replyToId: "1" });
      const action = { type: "Action.Execute", data: press(`/approve ${mark} 2`) };
      await tell(first, { type: "invoke", name: "adaptiveCard/action", value: { action }, replyToId: "1" });
      const said = ["in a group", "to us", "a file", "an edit"].map((words) => `${mark} ${words}`);
      return [...said, `/approve ${mark} 1`, `/approve ${mark} 2`];
    },
    shown: () => [
      ...listOthers(
        fake.requests.map(({ line }) => line),
        unseen,
      ),
      ...answers.filter((words) => words !== ""),
    ],
    close: () => fake.stop(),
  };
};
