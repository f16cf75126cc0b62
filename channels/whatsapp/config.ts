import { z } from "zod";

const twilioSchema = z
  .strictObject({
    accountSid: z.string().regex(/^AC[0-9a-f]{32}$/i, 'must be "AC" and 32 hex digits, as the Twilio Console shows it'),
    authToken: z.string().min(8),
    apiKey: z
      .string()
      .regex(/^SK[0-9a-f]{32}$/i, 'must be "SK" and 32 hex digits')
      .optional(),
    apiKeySecret: z.string().min(8).optional(),
    /** Our WhatsApp sender, without "whatsapp:". */
    from: z.string().regex(/^\+[1-9]\d{6,14}$/, 'must look like "+15551234567"'),
    apiUrl: z.url({ protocol: /^https?$/ }).default("https://api.twilio.com"),
    /** Under which Twilio reaches our hook, exactly as it stands in the Twilio Console. Not set: made from http.publicUrl. */
    webhookUrl: z.url({ protocol: /^https?$/ }).optional(),
    pollSeconds: z.number().min(0).max(86_400).default(60),
  })
  .refine(({ apiKey, apiKeySecret }) => (apiKey === undefined) === (apiKeySecret === undefined), {
    message: "is needed with `apiKey`, and only with it",
    path: ["apiKeySecret"],
  });

const cloudKeys = ["phoneNumberId", "token", "appSecret", "verifyToken"] as const;

/** What stands under `channels.<name>` for `platform: whatsapp`, without the keys that every channel has. */
export const optionsSchema = z
  .strictObject({
    /** "cloud": Meta's Cloud API. "twilio": a WhatsApp sender of a Twilio account. */
    transport: z.enum(["cloud", "twilio"]).default("cloud"),
    /** Address of the Graph API, with its version. */
    graphUrl: z.url({ protocol: /^https?$/ }).default("https://graph.facebook.com/v25.0"),
    /** Of our number; not the number itself. */
    phoneNumberId: z.string().regex(/^\d+$/, "must be digits only; it is not the phone number").optional(),
    /** Of a system user, with whatsapp_business_messaging. */
    token: z.string().min(8).optional(),
    /** Of the app: what Meta signs its calls with. */
    appSecret: z.string().min(8).optional(),
    /** Chosen by you; Meta repeats it when the hook is set up. */
    verifyToken: z.string().min(8).optional(),
    /** What is sent when the person has not written for 24 hours; its one variable is the text. */
    template: z
      .strictObject({
        /** As approved in WhatsApp Manager (cloud). */
        name: z.string().min(1).optional(),
        language: z.string().min(2).default("en_US"),
        /** Of the Content API, "HX…" (twilio). */
        contentSid: z
          .string()
          .regex(/^HX[0-9a-f]{32}$/i, 'must be "HX" and 32 hex digits')
          .optional(),
      })
      .optional(),
    /** Mark what was taken in as read. */
    readReceipts: z.boolean().default(true),
    /** For `transport: twilio`. */
    twilio: twilioSchema.optional(),
  })
  .superRefine((options, context) => {
    const missing = options.transport === "twilio" ? (["twilio"] as const) : cloudKeys;
    for (const key of missing.filter((each) => options[each] === undefined))
      context.addIssue({ code: "custom", message: `is needed with \`transport: ${options.transport}\``, path: [key] });
  });

export type WhatsAppOptions = z.infer<typeof optionsSchema>;

/** What the schema has made sure of. */
export type CloudOptions = With<(typeof cloudKeys)[number]>;
export type TwilioOptions = With<"twilio">;
type With<Key extends keyof WhatsAppOptions> = WhatsAppOptions & {
  readonly [Each in Key]: NonNullable<WhatsAppOptions[Each]>;
};

export function isCloud(options: WhatsAppOptions): options is CloudOptions {
  return options.transport === "cloud" && cloudKeys.every((key) => options[key] !== undefined);
}

export function isTwilio(options: WhatsAppOptions): options is TwilioOptions {
  return options.transport === "twilio" && options.twilio !== undefined;
}
