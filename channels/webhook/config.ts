import { z } from "zod";

/** What stands under `channels.<name>` for `platform: webhook`, without the keys that every channel has. */
export const optionsSchema = z
  .strictObject({
    /** Key of the HMAC-SHA256 signatures, in and out. */
    secret: z.string().min(16, "must have at least 16 characters").optional(),
    /** Instead of signatures: a bearer token that callers send, and that we send to `replyUrl`. */
    token: z.string().min(16, "must have at least 16 characters").optional(),
    /** Where replies are posted. Absent: only callers that wait get them. */
    replyUrl: z.url({ protocol: /^https?$/ }).optional(),
    maxBodyBytes: z
      .int()
      .min(1024)
      .max(16 * 1024 * 1024)
      .default(256 * 1024),
  })
  .refine((options) => options.secret !== undefined || options.token !== undefined, {
    message: "set `secret` (signed calls, better) or `token` (bearer token)",
    path: ["secret"],
  });

export type WebhookOptions = z.output<typeof optionsSchema>;
