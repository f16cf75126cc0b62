import { z } from "zod";

/*
 * What the Cloud API takes: https://developers.facebook.com/documentation/business-messaging/whatsapp/reference
 */

const body = z.strictObject({ text: z.string().min(1).max(1_024) });

const buttons = z.strictObject({
  type: z.literal("button"),
  body,
  action: z.strictObject({
    buttons: z
      .array(
        z.strictObject({
          type: z.literal("reply"),
          reply: z.strictObject({ id: z.string().min(1).max(256), title: z.string().min(1).max(20) }),
        }),
      )
      .min(1)
      .max(3)
      .refine((list) => new Set(list.map(({ reply }) => reply.title)).size === list.length, "titles must be unique"),
  }),
});

const row = z.strictObject({
  id: z.string().min(1).max(200),
  title: z.string().min(1).max(24),
  description: z.string().max(72).optional(),
});

const list = z.strictObject({
  type: z.literal("list"),
  body: z.strictObject({ text: z.string().min(1).max(4_096) }),
  action: z.strictObject({
    button: z.string().min(1).max(20),
    sections: z
      .array(z.strictObject({ title: z.string().max(24).optional(), rows: z.array(row).min(1).max(10) }))
      .max(10),
  }),
});

const media = z.strictObject({ id: z.string(), caption: z.string().max(1_024).optional() });

const contents = {
  text: z.strictObject({ body: z.string().min(1).max(4_096), preview_url: z.boolean().optional() }),
  interactive: z.union([buttons, list]),
  image: media,
  video: media,
  audio: z.strictObject({ id: z.string() }),
  sticker: z.strictObject({ id: z.string() }),
  document: media.extend({ filename: z.string().max(240).optional() }),
  reaction: z.strictObject({ message_id: z.string().startsWith("wamid."), emoji: z.string() }),
  template: z.strictObject({
    name: z.string().regex(/^[a-z0-9_]+$/),
    language: z.strictObject({ code: z.string() }),
    components: z.array(
      z.strictObject({
        type: z.literal("body"),
        // Line ends, tabs and more than four spaces in a row are refused.
        parameters: z
          .array(
            z.strictObject({
              type: z.literal("text"),
              text: z
                .string()
                .min(1)
                .max(1_024)
                .regex(/^(?!.*(?:[\n\t]| {5}))/s),
            }),
          )
          .length(1),
      }),
    ),
  }),
} as const;

const envelope = z.object({
  messaging_product: z.literal("whatsapp"),
  recipient_type: z.enum(["individual", "group"]).optional(),
  to: z.string().min(1).optional(),
  recipient: z
    .string()
    .regex(/^[A-Z]{2}\./)
    .optional(),
  type: z.enum(["text", "interactive", "image", "video", "audio", "sticker", "document", "reaction", "template"]),
  context: z.strictObject({ message_id: z.string().startsWith("wamid.") }).optional(),
  biz_opaque_callback_data: z.string().max(512).optional(),
});

const receipt = z.strictObject({
  messaging_product: z.literal("whatsapp"),
  status: z.literal("read"),
  message_id: z.string().startsWith("wamid."),
  typing_indicator: z.strictObject({ type: z.literal("text") }).optional(),
});

/** Why the API would refuse this call of /messages; undefined when it would not. */
export function describeFault(
  given: Readonly<Record<string, unknown>>,
  uploads: ReadonlyMap<string, unknown>,
): { readonly status: number; readonly code: number; readonly message: string } | undefined {
  if (given["status"] !== undefined) return check(receipt, given);
  const fault = check(envelope, given);
  if (fault !== undefined) return fault;
  const type = given["type"] as keyof typeof contents;
  if ((given["to"] === undefined) === (given["recipient"] === undefined)) return refuse("to or recipient is required");
  if (given["recipient_type"] === "group" && type === "interactive")
    return refuse("interactive messages are not for groups");
  const wrong = check(contents[type], given[type]);
  if (wrong !== undefined) return wrong;
  const { id } = given[type] as { id?: string };
  return id !== undefined && !uploads.has(id) ? refuse("there is no such media") : undefined;
}

function check(schema: z.ZodType, value: unknown): ReturnType<typeof describeFault> {
  const parsed = schema.safeParse(value);
  return parsed.success ? undefined : refuse(z.prettifyError(parsed.error));
}

function refuse(message: string): NonNullable<ReturnType<typeof describeFault>> {
  return { status: 400, code: 100, message };
}
