import type { ChannelSetup } from "../../src/core/channel.ts";
import { AppError } from "../../src/core/errors.ts";
import { intentPath } from "./close-codes.ts";
import type { DiscordOptions } from "./config.ts";
import { loadIdentity } from "./identity.ts";
import { createRateLimits } from "./rate-limits.ts";

/** View Channels, Send Messages, Send Messages in Threads, Attach Files, Read Message History, Add Reactions. */
const permissions = 274_878_008_384n;

export const setup: ChannelSetup = {
  steps: `1. Open https://discord.com/developers/applications, press "New Application", give it a name, press "Create".
2. Go to "Bot" on the left. Under "Privileged Gateway Intents" switch on "Message Content Intent", press "Save Changes".
3. On the same page press "Reset Token" and copy the token. It is shown once.
4. The bot comes into a server by the link that is shown when the token has been checked. Whoever opens it needs the
   permission Manage Server there.`,
  questions: [
    {
      key: "token",
      label: "Bot token",
      help: 'From the "Bot" page; three parts joined by dots.',
      secretName: "DISCORD_TOKEN",
    },
    {
      key: "messageContent",
      label: "Is the Message Content Intent switched on",
      help: "Without it the bot reads direct messages, what mentions it and commands only.",
      kind: "boolean",
      default: "true",
      isOptional: true,
    },
    {
      key: "restUrl",
      label: "Address of the API",
      default: "https://discord.com/api/v10",
      isOptional: true,
    },
  ],
  async check(given, signal) {
    const { restUrl, token, messageContent } = given as DiscordOptions;
    const api = { root: restUrl, token, limits: createRateLimits(Date.now) };
    const own = await loadIdentity(api, signal);
    if (messageContent && !own.hasMessageContent)
      throw new AppError("forbidden", "The Message Content intent of this bot is switched off.", { hint: intentPath });
    return `${own.name}, in ${describeCount(own.guildCount)}. To bring it into a server: ${formatInvite(own.applicationId)}`;
  },
};

function describeCount(count: number | undefined): string {
  if (count === undefined) return "an unknown number of servers";
  return count === 1 ? "1 server" : `${count} servers`;
}

function formatInvite(applicationId: string): string {
  const scope = "bot+applications.commands";
  return `https://discord.com/oauth2/authorize?client_id=${applicationId}&scope=${scope}&permissions=${permissions}`;
}
