import type { ChannelContext, SendContext } from "../../src/core/channel.ts";
import { AppError, isAppError } from "../../src/core/errors.ts";
import type { Attachment, OutboundMessage } from "../../src/core/message.ts";
import { askTelegram, isBadHtml, type ApiAnswer, type TelegramApi } from "./api.ts";
import { openUpload, pickUpload } from "./attachments.ts";
import { encodeCommand, keepLongCommands } from "./callback-data.ts";
import { formatMessageId, formatTarget, parseMessageId } from "./chat-id.ts";
import { formatKeyboard, formatText, visibleText, type Keyboard } from "./format.ts";
import type { MessageIds } from "./message-ids.ts";

/** What goes out as one Telegram message. */
export type Part =
  | { readonly kind: "text"; readonly html: string; readonly keyboard?: Keyboard }
  | { readonly kind: "file"; readonly attachment: Attachment };

/** Text first, then a message per file; the same in every attempt, so that a later one can go on behind the parts sent. */
export function formatMessageParts(message: OutboundMessage): readonly Part[] {
  const choices = message.choices ?? [];
  const texts = formatText(message.text);
  const shown = texts.length === 0 && choices.length > 0 ? ["Please choose:"] : texts;
  const keyboard = choices.length === 0 ? undefined : formatKeyboard(choices, encodeCommand);
  return [
    ...shown.map((html, index): Part => ({
      kind: "text",
      html,
      ...(keyboard !== undefined && index === shown.length - 1 ? { keyboard } : {}),
    })),
    ...message.attachments.map((attachment): Part => ({ kind: "file", attachment })),
  ];
}

/** `Channel.send` for this bot. It remembers which chats Telegram has asked to leave alone. */
export function createSend(
  api: TelegramApi,
  context: ChannelContext,
  ids: MessageIds,
): (message: OutboundMessage, delivery: SendContext) => Promise<readonly string[]> {
  /** Until when, for each such chat. */
  const blockedUntil = new Map<string, number>();

  function checkBlocked(chat: string): void {
    const until = blockedUntil.get(chat);
    if (until === undefined) return;
    const retryAfterMs = until - context.now();
    if (retryAfterMs > 0)
      throw new AppError("rate-limited", "Telegram has asked to wait in this chat.", {
        retryAfterMs,
      });
    blockedUntil.delete(chat);
  }

  async function ask(
    chat: string,
    method: string,
    payload: object,
    options: Parameters<typeof askTelegram>[3],
  ): Promise<ApiAnswer> {
    try {
      return await askTelegram(api, method, payload, options);
    } catch (error) {
      if (isAppError(error, "rate-limited")) blockedUntil.set(chat, context.now() + (error.retryAfterMs ?? 0));
      throw error;
    }
  }

  async function sendText(
    base: object,
    part: Part & { kind: "text" },
    chat: string,
    signal: AbortSignal,
  ): Promise<ApiAnswer> {
    const options = { effect: "send", signal } as const;
    const answer = await ask(
      chat,
      "sendMessage",
      { ...base, text: part.html, parse_mode: "HTML", reply_markup: part.keyboard },
      options,
    );
    // Our HTML should always be fine; if it is not, the words matter more than their looks.
    if (answer.ok || !isBadHtml(answer)) return answer;
    return ask(chat, "sendMessage", { ...base, text: visibleText(part.html), reply_markup: part.keyboard }, options);
  }

  async function sendFile(
    base: object,
    part: Part & { kind: "file" },
    chat: string,
    signal: AbortSignal,
  ): Promise<ApiAnswer> {
    const { method, field } = pickUpload(part.attachment);
    const upload = (as: string): Parameters<typeof askTelegram>[3] => ({
      effect: "send",
      signal,
      timeoutMs: 180_000,
      file: openUpload(part.attachment, as, context.files),
    });
    const answer = await ask(chat, method, base, upload(field));
    // Odd dimensions and broken images are refused as photos only.
    if (answer.ok || method !== "sendPhoto" || answer.status !== 400) return answer;
    return ask(chat, "sendDocument", base, upload("document"));
  }

  async function sendPart(
    message: OutboundMessage,
    part: Part,
    isFirst: boolean,
    signal: AbortSignal,
  ): Promise<number> {
    const replyTo = isFirst && message.replyToId !== undefined ? parseMessageId(message.replyToId) : undefined;
    const reply =
      replyTo === undefined ? {} : { reply_parameters: { message_id: replyTo, allow_sending_without_reply: true } };
    const base = { ...formatTarget(message.address), ...reply };
    const { chat } = message.address;
    const answer =
      part.kind === "text" ? await sendText(base, part, chat, signal) : await sendFile(base, part, chat, signal);
    if (!answer.ok) throw answer.error;
    return (answer.result as { message_id: number }).message_id;
  }

  return async (message, delivery) => {
    const parts = formatMessageParts(message);
    if (parts.length === 0) throw new AppError("send-rejected", "There is nothing to send: no text, no file.");
    const { chat } = message.address;
    const sent = [...delivery.sentParts];
    await keepLongCommands(message.choices ?? [], context.state);
    for (const part of parts.slice(sent.length)) {
      checkBlocked(chat);
      const messageId = await sendPart(message, part, sent.length === 0, delivery.signal);
      const id = formatMessageId(chat, messageId);
      sent.push(id);
      await delivery.recordPart(id, ids.noteOurs(chat, messageId));
    }
    return sent;
  };
}
