import { z } from "zod";

const webAddress = z.url({ protocol: /^https?$/ });

/** Keys of Meta's Cloud API. */
const cloudShape = {
  /** Address of the Graph API, with its version. Not set: `defaults` below. */
  graphUrl: webAddress.optional(),
  /** Of our number; not the number itself. */
  phoneNumberId: z.string().regex(/^\d+$/, "must be digits only; it is not the phone number").optional(),
  /** Of a system user, with whatsapp_business_messaging. */
  token: z.string().min(8).optional(),
  /** Of the app: what Meta signs its calls with. */
  appSecret: z.string().min(8).optional(),
  /** Chosen by you; Meta repeats it when the hook is set up. */
  verifyToken: z.string().min(8).optional(),
  /** Mark what was taken in as read. */
  readReceipts: z.boolean().optional(),
};

/** Keys of a WhatsApp sender at Twilio, named as those of the channel sms. */
const twilioShape = {
  accountSid: z
    .string()
    .regex(/^AC[0-9a-f]{32}$/i, 'must be "AC" and 32 hex digits, as the Twilio Console shows it')
    .optional(),
  authToken: z.string().min(8).optional(),
  apiKey: z
    .string()
    .regex(/^SK[0-9a-f]{32}$/i, 'must be "SK" and 32 hex digits')
    .optional(),
  apiKeySecret: z.string().min(8).optional(),
  /** Our WhatsApp sender, without "whatsapp:". */
  from: z
    .string()
    .regex(/^\+[1-9]\d{6,14}$/, 'must look like "+15551234567"')
    .optional(),
  apiUrl: webAddress.optional(),
  /** Under which Twilio reaches our hook, exactly as it stands in the Twilio Console. Not set: made from http.publicUrl. */
  webhookUrl: webAddress.optional(),
  pollSeconds: z.number().min(0).max(86_400).optional(),
};

/** What is sent when the person has not written for 24 hours; its one variable is the text. */
const template = z.strictObject({
  /** As approved in WhatsApp Manager (cloud). */
  name: z.string().min(1).optional(),
  /** Not set: en_US (cloud). */
  language: z.string().min(2).optional(),
  /** Of the Content API, "HX…" (twilio). */
  contentSid: z
    .string()
    .regex(/^HX[0-9a-f]{32}$/i, 'must be "HX" and 32 hex digits')
    .optional(),
});

/** Per transport: what it needs, and what holds where nothing is written. */
const needed = {
  cloud: ["phoneNumberId", "token", "appSecret", "verifyToken"],
  twilio: ["accountSid", "authToken", "from"],
} as const;
const defaults = {
  cloud: { graphUrl: "https://graph.facebook.com/v25.0", readReceipts: true },
  twilio: { apiUrl: "https://api.twilio.com", pollSeconds: 60 },
} as const;

/** What counts with the other transport only. */
const foreign = {
  cloud: [...Object.keys(twilioShape), "template.contentSid"],
  twilio: [...Object.keys(cloudShape), "template.name", "template.language"],
} as const;

/** What stands under `channels.<name>` for `platform: whatsapp`, without the keys that every channel has. */
export const optionsSchema = z
  .strictObject({
    /** "cloud": Meta's Cloud API. "twilio": a WhatsApp sender of a Twilio account. */
    transport: z.enum(["cloud", "twilio"]).default("cloud"),
    ...cloudShape,
    ...twilioShape,
    template: template.optional(),
  })
  .superRefine((options, context) => {
    const { transport } = options;
    const complain = (path: readonly string[], message: string): void =>
      context.addIssue({ code: "custom", message, path: [...path] });
    for (const path of foreign[transport].map((each) => each.split(".")))
      if (path.reduce<unknown>(valueAt, options) !== undefined)
        complain(path, `counts only with \`transport: ${transport === "cloud" ? "twilio" : "cloud"}\``);
    for (const key of needed[transport].filter((each) => options[each] === undefined))
      complain([key], `is needed with \`transport: ${transport}\``);
    if (transport === "twilio" && (options.apiKey === undefined) !== (options.apiKeySecret === undefined))
      complain(["apiKeySecret"], "is needed with `apiKey`, and only with it");
  })
  .transform((options) => ({ ...defaults[options.transport], ...options }));

export type WhatsAppOptions = z.infer<typeof optionsSchema>;

/** What the schema has made sure of. */
export type CloudOptions = With<(typeof needed.cloud)[number] | keyof typeof defaults.cloud>;
export type TwilioOptions = With<(typeof needed.twilio)[number] | keyof typeof defaults.twilio>;
type With<Key extends keyof WhatsAppOptions> = WhatsAppOptions & {
  readonly [Each in Key]: NonNullable<WhatsAppOptions[Each]>;
};

export function isCloud(options: WhatsAppOptions): options is CloudOptions {
  return options.transport === "cloud" && needed.cloud.every((key) => options[key] !== undefined);
}

export function isTwilio(options: WhatsAppOptions): options is TwilioOptions {
  return options.transport === "twilio" && needed.twilio.every((key) => options[key] !== undefined);
}

function valueAt(value: unknown, key: string): unknown {
  return (value as Readonly<Record<string, unknown>> | undefined)?.[key];
}
