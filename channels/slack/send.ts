import type { ChannelContext, SendContext } from "../../src/core/channel.ts";
import { AppError } from "../../src/core/errors.ts";
import type { OutboundMessage } from "../../src/core/message.ts";
import { askSlack, type SlackAnswer, type SlackApi } from "./api.ts";
import { keepLongCommands } from "./buttons.ts";
import { formatFileId, formatMessageId, parseMessageId } from "./message-id.ts";
import { formatMessageParts, formatShown, markType, type Part } from "./parts.ts";
import { uploadFile } from "./uploads.ts";

/** `Channel.send`: part by part, each with a mark by which it can be found again. */
export async function sendMessage(
  message: OutboundMessage,
  delivery: SendContext,
  api: SlackApi,
  context: ChannelContext,
): Promise<readonly string[]> {
  const parts = formatMessageParts(message);
  if (parts.length === 0) throw new AppError("send-rejected", "There is nothing to send: no text, no file.");
  const { address } = message;
  const sent = [...delivery.sentParts];
  await keepLongCommands(message.choices ?? [], context.state);
  for (const [index, part] of parts.entries()) {
    if (index < sent.length) continue;
    const id =
      part.kind === "text"
        ? formatMessageId(address.chat, await postPart(message, part, index, api, delivery.signal))
        : formatFileId(address.chat, await uploadFile(part.attachment, address, api, context.files, delivery.signal));
    sent.push(id);
    await delivery.recordPart(id);
  }
  return sent;
}

/** Resolves with the timestamp of the message. */
async function postPart(
  message: OutboundMessage,
  part: Part & { readonly kind: "text" },
  index: number,
  api: SlackApi,
  signal: AbortSignal,
): Promise<string> {
  const { id, address } = message;
  const post = (isPlain: boolean): Promise<SlackAnswer> =>
    askSlack(
      api,
      "chat.postMessage",
      {
        channel: address.chat,
        thread_ts: address.thread,
        ...formatShown(part, { id, index }, isPlain),
        metadata: { event_type: markType, event_payload: { id, part: index } },
        // A preview makes Slack fetch whatever address a model wrote down.
        unfurl_links: false,
        unfurl_media: false,
      },
      { effect: "send", signal, pauseKey: `chat.postMessage/${address.chat}` },
    );
  const answer = await orPlain(post);
  if (!answer.ok) throw answer.error;
  return (answer.result as { readonly ts: string }).ts;
}

/** `Channel.edit`: shows the first part. Without choices the buttons go. */
export async function editMessage(
  message: OutboundMessage,
  platformId: string,
  signal: AbortSignal,
  api: SlackApi,
  context: ChannelContext,
): Promise<void> {
  const target = parseMessageId(platformId);
  if (target === undefined) throw new AppError("send-rejected", "Files cannot be edited.");
  await keepLongCommands(message.choices ?? [], context.state);
  const first = formatMessageParts({ ...message, text: message.text.trim() === "" ? "…" : message.text })[0];
  if (first?.kind !== "text") throw new AppError("send-rejected", "There is nothing to show: no text.");
  const update = (isPlain: boolean): Promise<SlackAnswer> =>
    askSlack(
      api,
      "chat.update",
      {
        channel: target.chat,
        ts: target.ts,
        // Without this a table of before would stay.
        attachments: [],
        ...formatShown(first, { id: message.id, index: 0, isEdit: true }, isPlain),
        metadata: { event_type: markType, event_payload: { id: message.id, part: 0 } },
      },
      { effect: "edit", signal },
    );
  const answer = await orPlain(update);
  if (!answer.ok) throw answer.error;
}

/** Our blocks should always be fine; if they are not, the words matter more than their looks. */
async function orPlain(attempt: (isPlain: boolean) => Promise<SlackAnswer>): Promise<SlackAnswer> {
  const answer = await attempt(false);
  const isAboutLooks = !answer.ok && /^(?:invalid_blocks|invalid_attachments|msg_blocks_too_long)/.test(answer.code);
  return isAboutLooks ? attempt(true) : answer;
}
