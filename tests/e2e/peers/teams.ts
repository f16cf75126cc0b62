import { wordsOf } from "../../channels/teams/person.ts";
import { createFakeTeams } from "../../doubles/fake-teams.ts";
import { callUntilTaken, type CreatePeer } from "./peer.ts";

const prefix = "a:1personal-chat-of-";

export const createTeamsPeer: CreatePeer = async ({ hookUrl, people }) => {
  const fake = await createFakeTeams();
  const { appId, appPassword, tenantId, openIdMetadataUrl, loginUrl } = fake;
  for (const each of people) fake.open(prefix + String(each));
  let count = 0;
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
    async say(person, text) {
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
        text,
      };
      await callUntilTaken(() => new Request(hookUrl, fake.sign(activity)));
    },
    received: () =>
      fake.sent.map((sent) => ({ person: Number(sent.conversation.slice(prefix.length)), text: wordsOf(sent) })),
    close: () => fake.stop(),
  };
};
