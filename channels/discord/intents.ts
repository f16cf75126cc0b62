/** Which events we ask for: https://docs.discord.com/developers/events/gateway#gateway-intents */
const guilds = 1 << 0;
const guildMessages = 1 << 9;
const guildReactions = 1 << 10;
const directMessages = 1 << 12;
const directReactions = 1 << 13;
const messageContent = 1 << 15;

export function pickIntents(options: { readonly messageContent: boolean }): number {
  const standard = guilds | guildMessages | guildReactions | directMessages | directReactions;
  return options.messageContent ? standard | messageContent : standard;
}
