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
    /** The menu of commands that Telegram shows: name to description. */
    commands: z.record(z.string().regex(/^[a-z0-9_]{1,32}$/), z.string().min(1).max(256)).default({
      help: "What I can do",
      new: "Start a new conversation",
      stop: "Stop the running answer",
    }),
    /** What to do when even probing cannot tell whether a message arrived. */
    onUncertain: z.enum(["ask", "resend", "drop"]).default("ask"),
  })
  .refine((options) => options.webhookUrl === undefined || options.webhookSecret !== undefined, {
    message: "is needed with `webhookUrl`, so that nobody else can pose as Telegram",
    path: ["webhookSecret"],
  });

export type TelegramOptions = z.infer<typeof optionsSchema>;
