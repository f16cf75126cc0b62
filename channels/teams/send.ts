import { buffer } from "node:stream/consumers";
import type { ChannelContext, SendContext } from "../../src/core/channel.ts";
import { AppError, isAppError } from "../../src/core/errors.ts";
import type { Attachment, OutboundMessage } from "../../src/core/message.ts";
import type { Begun } from "../_shared/begun.ts";
import { formatFileUrl } from "../_shared/signed-files.ts";
import { formatPath, type Connector } from "./connector.ts";
import { formatConsentCard, type Consents } from "./consent.ts";
import { escapeText } from "./format.ts";
import { formatActivity, formatMessageParts, type FileWays, type Part } from "./parts.ts";
import { formatMessageId, formatPlace, parseMessageId } from "./place.ts";
import type { Reference, References } from "./references.ts";

export interface SendParts {
  readonly context: ChannelContext;
  readonly connector: Connector;
  readonly references: References;
  readonly consents: Consents;
  /** Signs the links to files. Undefined: there are none. */
  readonly linkSecret: string | undefined;
  readonly begun: Begun;
}

/** `Channel.send` for this bot. */
export function createSend({
  context,
  connector,
  references,
  consents,
  linkSecret,
  begun,
}: SendParts): (message: OutboundMessage, delivery: SendContext) => Promise<readonly string[]> {
  async function formatPart(part: Part, message: OutboundMessage, index: number): Promise<object> {
    switch (part.kind) {
      case "text":
      case "card":
        return formatActivity(part);
      case "picture":
        return { type: "message", attachments: [await formatPicture(part.attachment)] };
      case "offer": {
        const offer = `${message.id}:${index}`;
        await consents.offer(offer, message.address.chat, part.attachment);
        return { type: "message", attachments: [formatConsentCard(part.attachment, offer)] };
      }
      case "link":
        return { type: "message", textFormat: "markdown", text: formatLink(part.attachment) };
    }
  }

  async function formatPicture(attachment: Attachment): Promise<object> {
    const content = await buffer(context.files.open(attachment));
    const { mimeType, name } = attachment;
    return { contentType: mimeType, name, contentUrl: `data:${mimeType};base64,${content.toString("base64")}` };
  }

  function formatLink(attachment: Attachment): string {
    const url = formatFileUrl(context.hookUrl ?? "", linkSecret ?? "", attachment, context.now());
    return `[${escapeText(attachment.name)}](${url})`;
  }

  return async (message, delivery) => {
    const { address } = message;
    const reference = await findReference(references, address.chat);
    const parts = formatMessageParts(message, pickWays(reference, context, linkSecret));
    if (parts.length === 0) throw new AppError("send-rejected", "There is nothing to send: no text, no file.");
    const path = formatPath(formatPlace(address), "activities");
    const sent = [...delivery.sentParts];
    for (const [index, part] of parts.entries()) {
      if (index < sent.length) continue;
      const body = {
        ...(await formatPart(part, message, index)),
        from: { id: reference.botId },
        conversation: { id: formatPlace(address) },
        ...(index === 0 && message.replyToId !== undefined ? { replyToId: parseMessageId(message.replyToId) } : {}),
      };
      const request = { path, body, effect: "send", signal: delivery.signal, pauseKey: address.chat } as const;
      const answer = await begun
        .send(message, delivery, { sent: index, with: index + 1 }, () => connector.call(reference, request))
        .catch((error: unknown) => {
          // A bad token makes the message fail for good only until the owner has mended it; the hint says how.
          if (isAppError(error, "forbidden")) throw new AppError("send-rejected", error.message, hintOf(error));
          throw error;
        });
      const id = formatMessageId(address.chat, readId(answer));
      sent.push(id);
      await delivery.recordPart(id);
    }
    return sent;
  };
}

/** How to reach a chat. A chat that nothing has come from is tried where the last message came from. */
export async function findReference(references: References, chat: string): Promise<Reference> {
  const known = await references.ofChat(chat);
  if (known !== undefined) return known;
  const last = await references.last();
  if (last !== undefined) return { ...last, type: guessType(chat) };
  throw new AppError("send-rejected", "Nobody has written to the bot yet, so Teams has not told where to reach it.", {
    hint: "Write to it once, or add it to the chat.",
  });
}

function pickWays(reference: Reference, context: ChannelContext, linkSecret: string | undefined): FileWays {
  return {
    isPersonal: reference.type === "personal",
    hasLinks: context.hookUrl !== undefined && linkSecret !== undefined,
  };
}

/** "19:…@thread.v2" are group chats, "19:…@thread.tacv2" channels; personal chats with a bot begin with "a:". */
function guessType(chat: string): string {
  if (!chat.startsWith("19:")) return "personal";
  return chat.includes("@thread.v2") ? "groupChat" : "channel";
}

/** Some clouds answer without an id: the message is there, but can be neither edited nor reacted to. */
function readId(answer: unknown): string {
  const { id } = (answer ?? {}) as { id?: unknown };
  return typeof id === "string" && id !== "" ? id : `unknown:${crypto.randomUUID()}`;
}

function hintOf({ hint }: AppError): { readonly hint?: string } {
  return hint === undefined ? {} : { hint };
}
