import { z } from "zod";
import { pricePattern } from "./price.ts";

const number = z.string().regex(/^\+[1-9]\d{6,14}$/, 'must look like "+15551234567"');

/** What stands under `channels.<name>` for `platform: sms`, without the keys that every channel has. */
export const optionsSchema = z
  .strictObject({
    /** From the Twilio Console, such as "AC…". */
    accountSid: z.string().regex(/^AC[0-9a-f]{32}$/i, 'must be "AC" and 32 hex digits, as the Twilio Console shows it'),
    /** Of the account. Needed for checking Twilio's calls, with an API key, too. */
    authToken: z.string().min(8),
    /** Of an API key, such as "SK…": what we log in with instead of the auth token. */
    apiKey: z
      .string()
      .regex(/^SK[0-9a-f]{32}$/i, 'must be "SK" and 32 hex digits')
      .optional(),
    apiKeySecret: z.string().min(8).optional(),
    /** Our number, or a short code. */
    from: z
      .string()
      .regex(/^(?:\+[1-9]\d{6,14}|\d{3,8})$/, 'must look like "+15551234567", or be a short code')
      .optional(),
    /** Such as "MG…": Twilio picks the number, and listens on all of them. */
    messagingServiceSid: z
      .string()
      .regex(/^MG[0-9a-f]{32}$/i, 'must be "MG" and 32 hex digits')
      .optional(),
    /** Address of Twilio's REST API: a proxy, an edge location, a test server. */
    apiUrl: z.url({ protocol: /^https?$/ }).default("https://api.twilio.com"),
    /** Under which Twilio reaches our hook, exactly as it stands in the Twilio Console. Not set: made from http.publicUrl. */
    webhookUrl: z.url({ protocol: /^https?$/ }).optional(),
    /** How often the list of messages is read, for what no call has told. 0: only at the start and after a failure. */
    pollSeconds: z.number().min(0).max(86_400).default(60),
    /** A reply takes at most so many segments; a longer one is cut, and says so. */
    maxSegments: z.int().min(1).max(200).default(10),
    /** What a segment costs, for the log. */
    segmentPrice: z.string().regex(pricePattern, 'must look like "0.0083 USD"').optional(),
    /** Send files as MMS. */
    mms: z.boolean().default(true),
    /** Only these numbers are heard at all; empty: everybody, as far as `access` lets them. */
    allowFrom: z.array(number).default([]),
    /** What HELP is answered with. Not set: nothing, because Twilio answers it by itself. */
    helpText: z.string().min(1).max(320).optional(),
  })
  .refine(({ from, messagingServiceSid }) => from !== undefined || messagingServiceSid !== undefined, {
    message: "is needed, or `messagingServiceSid`",
    path: ["from"],
  })
  .refine(({ apiKey, apiKeySecret }) => (apiKey === undefined) === (apiKeySecret === undefined), {
    message: "is needed with `apiKey`, and only with it",
    path: ["apiKeySecret"],
  });

export type SmsOptions = z.infer<typeof optionsSchema>;
