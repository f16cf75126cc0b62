import { z } from "zod";
import type { Attachment, InboundMessage } from "../../src/core/message.ts";
import { AppError } from "../../src/core/errors.ts";

const shortText = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, "must not hold control characters");

const bodySchema = z.strictObject({
  id: shortText,
  chat: shortText.optional(),
  thread: shortText.optional(),
  sender: z.strictObject({
    id: shortText,
    name: shortText.optional(),
    isBot: z.boolean().optional(),
  }),
  // What databases refuse to store, a caller would be told to send again for ever.
  text: z.string().transform((text) => text.replaceAll("\0", "").toWellFormed()),
  isGroup: z.boolean().optional(),
  kind: z.enum(["message", "command"]).optional(),
  replyToId: shortText.optional(),
  attachments: z
    .array(z.strictObject({ name: shortText, mimeType: shortText.optional(), data: z.base64() }))
    .max(10)
    .optional(),
});

/** What a caller posts: one message. */
export type WebhookBody = z.output<typeof bodySchema>;

/** Throws AppError "bad-input" that names every faulty field, never its value. */
export function parseBody(text: string): WebhookBody {
  const result = bodySchema.safeParse(parseJson(text));
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `${issue.path.map(String).join(".") || "body"}: ${issue.message}`);
  throw new AppError("bad-input", `The body is not a message. ${faults.join("; ")}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AppError("bad-input", "The body is not JSON.");
  }
}

/** Without `chat`, the message belongs to the direct chat with its sender. */
export function parseMessage(
  body: WebhookBody,
  channel: string,
  attachments: readonly Attachment[],
  receivedAt: number,
): InboundMessage {
  return {
    id: body.id,
    address: {
      channel,
      chat: body.chat ?? body.sender.id,
      ...(body.thread === undefined ? {} : { thread: body.thread }),
    },
    sender: {
      id: `${channel}:${body.sender.id}`,
      name: body.sender.name ?? body.sender.id,
      isBot: body.sender.isBot ?? false,
    },
    text: body.text,
    attachments,
    ...(body.replyToId === undefined ? {} : { replyToId: body.replyToId }),
    isAddressed: true,
    isGroup: body.isGroup ?? false,
    sentAt: receivedAt,
    kind: body.kind ?? "message",
  };
}

/** Seconds that the caller wants to wait for the reply (`Prefer: wait=N`, RFC 7240), at most 60; 0 when none. */
export function parseWaitSeconds(prefer: string | null): number {
  const digits = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})"?\s*(?:[,;]|$)/i.exec(prefer ?? "")?.[1];
  return digits === undefined ? 0 : Math.min(Number(digits), 60);
}
