import type { ChannelSetup } from "../../src/core/channel.ts";

export const setup: ChannelSetup = {
  steps: `Programs post messages to \`/hooks/<name of the channel>\` and sign them with a secret that you share with them.
Make one, for example with: openssl rand -hex 32`,
  questions: [
    {
      key: "secret",
      label: "Secret",
      help: "At least 16 characters. The same one goes into the calling program.",
      secretName: "WEBHOOK_SECRET",
    },
    {
      key: "replyUrl",
      label: "Address for replies",
      help: "Where answers are posted. Without it only callers that wait get them.",
      isOptional: true,
    },
    {
      key: "allow",
      label: "Whose messages to take",
      help: "What stands in `sender.id`, such as ci. The others wait in `parlance pair list`.",
      kind: "list",
      isOptional: true,
    },
  ],
  check: async () => "Callers can post to it as soon as the service runs.",
};
