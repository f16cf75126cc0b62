import { z } from "zod";

/** What stands under `channels.<name>` for `platform: telegram`, without the keys that every channel has. */
export const optionsSchema = z
  .strictObject({
    /** From @BotFather, such as "123456:ABC-DEF…". */
    token: z.string().regex(/^\d+:[\w-]+$/, 'must look like "123456:ABC…", as @BotFather gives it'),
    /** Address of the Bot API: a proxy, a self-hosted Bot API server, a test server. */
    apiRoot: z.url({ protocol: /^https?$/ }).default("https://api.telegram.org"),
    /** How long one poll waits for mail. */
    pollSeconds: z.int().min(0).max(50).default(30),
    /** Public https address of our /hooks/<channel>. Set it, and Telegram calls us instead of being polled. */
    webhookUrl: z.url({ protocol: /^https?$/ }).optional(),
    /** Secret that Telegram repeats in each of its calls; needed with `webhookUrl`. */
    webhookSecret: z
      .string()
      .regex(/^[\w-]{16,256}$/, "must be 16 to 256 letters, digits, _ or -")
      .optional(),
  })
  .refine((options) => options.webhookUrl === undefined || options.webhookSecret !== undefined, {
    message: "is needed with `webhookUrl`, so that nobody else can pose as Telegram",
    path: ["webhookSecret"],
  });

export type TelegramOptions = z.infer<typeof optionsSchema>;
