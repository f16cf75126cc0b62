import { z } from "zod";

/** What stands under `channels.<name>` for `platform: discord`, without the keys that every channel has. */
export const optionsSchema = z.strictObject({
  /** From the Bot page of the developer portal. */
  token: z.string().regex(/^[\w.-]{20,}$/, "must be the bot token as the portal shows it, without the word Bot"),
  /** Address of the HTTP API, its version included: a proxy, a test server. The gateway's address comes from there. */
  restUrl: z.url({ protocol: /^https?$/ }).default("https://discord.com/api/v10"),
  /**
   * Asks for the Message Content intent, which has to be switched on in the portal. Without it only direct messages,
   * what mentions us and commands come with their words.
   */
  messageContent: z.boolean().default(true),
  /** Offers our commands as slash commands. They replace all other global commands of the application. */
  slashCommands: z.boolean().default(true),
  /** Largest file sent. Discord takes 10 MiB, and more in boosted servers. */
  maxUploadBytes: z
    .int()
    .min(1)
    .max(500 * 1_048_576)
    .default(10 * 1_048_576),
});

export type DiscordOptions = z.infer<typeof optionsSchema>;
