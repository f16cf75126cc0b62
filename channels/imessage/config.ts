import { z } from "zod";

/** What stands under `channels.<name>` for `platform: imessage`, without the keys that every channel has. */
export const optionsSchema = z
  .strictObject({
    /** "bluebubbles": a BlueBubbles server on a Mac. "osascript": this very Mac, without anything else. */
    transport: z.enum(["bluebubbles", "osascript"]).default("bluebubbles"),
    /** Of the BlueBubbles server, such as "http://mac.example.org:1234". */
    serverUrl: z.url({ protocol: /^https?$/ }).optional(),
    /** Of the BlueBubbles server. */
    password: z.string().min(1).optional(),
    /** Is BlueBubbles' Private API switched on? Replies, tapbacks, edits and the typing sign of ours need it. */
    privateApi: z.boolean().default(false),
    /** Chosen by us, part of the hook's address: BlueBubbles signs nothing. Without it messages are looked up only. */
    webhookSecret: z
      .string()
      .regex(/^[\w-]{16,256}$/, "must be 16 to 256 letters, digits, _ or -")
      .optional(),
    /** Under which BlueBubbles reaches our hook, without the secret. Not set: made from http.publicUrl. */
    webhookUrl: z.url({ protocol: /^https?$/ }).optional(),
    /** How often new messages are looked up. Not set: 30, or 2 with osascript. */
    pollSeconds: z.number().min(0.05).max(86_400).optional(),
    /** Our own phone number and e-mail address: a mention of them speaks to us. */
    addresses: z.array(z.string().min(3)).default([]),
    /** Words that speak to us in a group, such as "parlance": "@parlance …" and "parlance, …". */
    names: z.array(z.string().min(1)).default([]),
    /** Larger files are named instead of sent. */
    maxUploadBytes: z
      .int()
      .min(1)
      .default(100 * 1_048_576),
    /** For `transport: osascript`. Not set: ~/Library/Messages/chat.db */
    chatDb: z.string().min(1).optional(),
    /** For `transport: osascript`: where files to be sent are laid for Messages. Not set: ~/Pictures/Parlance */
    outboxFolder: z.string().min(1).optional(),
  })
  .superRefine((options, context) => {
    if (options.transport !== "bluebubbles") return;
    for (const key of (["serverUrl", "password"] as const).filter((each) => options[each] === undefined))
      context.addIssue({ code: "custom", message: "is needed with `transport: bluebubbles`", path: [key] });
  });

export type IMessageOptions = z.infer<typeof optionsSchema>;

/** What the schema has made sure of. */
export type BlueBubblesOptions = IMessageOptions & { readonly serverUrl: string; readonly password: string };

export function isBlueBubbles(options: IMessageOptions): options is BlueBubblesOptions {
  return options.transport === "bluebubbles" && options.serverUrl !== undefined && options.password !== undefined;
}
