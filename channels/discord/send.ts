import type { ChannelContext, SendContext } from "../../src/core/channel.ts";
import { AppError } from "../../src/core/errors.ts";
import type { OutboundMessage } from "../../src/core/message.ts";
import { openUploads } from "./attachments.ts";
import type { DiscordOptions } from "./config.ts";
import { keepLongCommands } from "./custom-id.ts";
import { takeReply } from "./interaction-replies.ts";
import { formatNonce, formatParts, type Part } from "./parts.ts";
import { pickTarget } from "./places.ts";
import { errorCodes } from "./refusals.ts";
import { askDiscord, callDiscord, type ApiAnswer, type Call, type DiscordApi } from "./rest.ts";
import { parseMessageId } from "./snowflake.ts";

/** Nobody is pinged by what a model writes, and nobody by being answered. */
export const noPings = { parse: [], replied_user: false };
const uploadMs = 180_000;

export interface SendSettings {
  readonly api: DiscordApi;
  readonly context: ChannelContext<DiscordOptions>;
  /** Resolves when the interaction that is answered has been acknowledged. */
  readonly acknowledged: (replyToId: string | undefined) => Promise<void>;
  /** A message of ours is there. */
  readonly onSent: (chat: string, messageId: string) => void;
}

/** The last message of ours in a chat that any process recorded, in the channel's state. */
export function sentKey(chat: string): string {
  return `sent/${chat}`;
}

/** `Channel.send`: parts in order, each recorded before the next. */
export function createSend(
  settings: SendSettings,
): (message: OutboundMessage, delivery: SendContext) => Promise<readonly string[]> {
  const { api, context } = settings;

  /** What both ways of sending have in common. */
  function formatCall(part: Part, signal: AbortSignal): Pick<Call, "files" | "signal"> & { readonly json: object } {
    const hasFiles = part.files.length > 0;
    return {
      signal,
      ...(hasFiles ? { files: openUploads(part.files, context.files), timeoutMs: uploadMs } : {}),
      json: {
        ...(part.content === "" ? {} : { content: part.content }),
        ...(part.components.length === 0 ? {} : { components: part.components }),
        ...(hasFiles
          ? { attachments: part.files.map(({ name }, index) => ({ id: String(index), filename: name })) }
          : {}),
        allowed_mentions: noPings,
      },
    };
  }

  /** Undefined where there is no such place, or not any more. Doing so twice changes nothing. */
  async function fillReply(message: OutboundMessage, part: Part, signal: AbortSignal): Promise<ApiAnswer | undefined> {
    await settings.acknowledged(message.replyToId);
    const reply = await takeReply(context.state, message, context.now());
    if (reply === undefined) return undefined;
    const answer = await askDiscord(api, {
      method: "PATCH",
      path: `/webhooks/${reply.applicationId}/${reply.token}/messages/@original`,
      effect: "send",
      isTokenInPath: true,
      ...formatCall(part, signal),
    });
    const isGone =
      !answer.ok && (answer.code === errorCodes.unknownWebhook || answer.code === errorCodes.unknownMessage);
    return isGone || (!answer.ok && answer.status === 401) ? undefined : answer;
  }

  async function sendPart(message: OutboundMessage, part: Part, index: number, signal: AbortSignal): Promise<string> {
    const filled = index === 0 ? await fillReply(message, part, signal) : undefined;
    if (filled !== undefined) {
      if (!filled.ok) throw filled.error;
      return (filled.result as { id: string }).id;
    }
    const { json, ...call } = formatCall(part, signal);
    const answered = index === 0 ? parseMessageId(message.replyToId) : undefined;
    const sent = await callDiscord<{ id: string }>(api, {
      method: "POST",
      path: `/channels/${pickTarget(message.address)}/messages`,
      effect: "send",
      ...call,
      json: {
        ...json,
        nonce: formatNonce(message.id, index),
        enforce_nonce: true,
        ...(answered === undefined ? {} : { message_reference: { message_id: answered, fail_if_not_exists: false } }),
      },
    });
    return sent.id;
  }

  return async (message, delivery) => {
    const parts = formatParts(message, context.options.maxUploadBytes);
    if (parts.length === 0) throw new AppError("send-rejected", "There is nothing to send: no text, no file.");
    const chat = pickTarget(message.address);
    const sent = [...delivery.sentParts];
    await keepLongCommands(message.choices ?? [], context.state);
    for (const [index, part] of parts.entries()) {
      if (index < sent.length) continue;
      const id = await sendPart(message, part, index, delivery.signal);
      sent.push(id);
      settings.onSent(chat, id);
      await delivery.recordPart(id, { [sentKey(chat)]: id });
    }
    return sent;
  };
}
