import type { Reconciliation, SendContext } from "../../src/core/channel.ts";
import type { OutboundMessage } from "../../src/core/message.ts";
import { askTelegram, isBadHtml, type ApiAnswer, type TelegramApi } from "./api.ts";
import { formatMessageId } from "./chat-id.ts";
import { visibleText } from "./format.ts";
import { highestOf, type MessageIds } from "./message-ids.ts";
import { formatMessageParts, type Part } from "./send.ts";

/** Ids probed beyond the highest known one: what may have gone out in other chats meanwhile, unseen by us. */
const margin = 20;
/** More calls than this are not made for one message. */
const maxProbes = 200;

/** The id behind which the next part must come, as far as this process knows. */
export function formatHint(message: OutboundMessage, ids: MessageIds): string {
  return String(Math.max(ids.highest(message.address.chat), highestOf([message.replyToId])));
}

/**
 * Finds out whether the part behind `sentParts` arrived, by edits that change nothing, on the ids it can have:
 * "message is not modified" means that it is there, "message to edit not found" or "can't be edited" that the id is
 * somebody else's or nobody's. Ids of ours are never probed, since the edit would replace their text: sends to a chat
 * go out one after the other, so everything of ours up to the last recorded id is another message.
 * Throws AppError when Telegram cannot be asked now.
 */
export async function reconcile(
  message: OutboundMessage,
  context: SendContext,
  api: TelegramApi,
  ids: MessageIds,
): Promise<Reconciliation> {
  const part = formatMessageParts(message)[context.sentParts.length];
  if (part === undefined) return { state: "absent" }; // the process died between the last part and its row's settling
  const { chat } = message.address;
  const bounds = await ids.loadBounds(chat);
  const hint = Number(context.hint ?? 0) || 0;
  const after = Math.max(hint, bounds.ours, highestOf([...context.sentParts, message.replyToId]));
  if (after === 0)
    return {
      state: "unknown",
      reason: "No message id of this chat is known from before the attempt.",
    };
  const last = Math.max(after, bounds.seen) + margin;
  let probes = 0;
  for (let messageId = after + 1; messageId <= last; messageId += 1) {
    if (ids.isTaken(chat, messageId)) continue;
    probes += 1;
    if (probes > maxProbes)
      return {
        state: "unknown",
        reason: `More than ${maxProbes} messages have been written since.`,
      };
    const finding = await probe(part, message, messageId, api, context.signal);
    if (finding === "there") {
      const notes = ids.noteOurs(chat, messageId);
      return { state: "arrived", platformId: formatMessageId(chat, messageId), notes };
    }
    if (finding !== "elsewhere") return { state: "unknown", reason: finding.reason };
  }
  return { state: "absent" };
}

async function probe(
  part: Part,
  message: OutboundMessage,
  messageId: number,
  api: TelegramApi,
  signal: AbortSignal,
): Promise<"there" | "elsewhere" | { readonly reason: string }> {
  const target = { chat_id: Number(message.address.chat), message_id: messageId };
  const edit = (method: string, content: object): Promise<ApiAnswer> =>
    askTelegram(api, method, { ...target, ...content }, { effect: "read", signal });
  let answer =
    part.kind === "file"
      ? await edit("editMessageCaption", {})
      : await edit("editMessageText", {
          text: part.html,
          parse_mode: "HTML",
          reply_markup: part.keyboard,
        });
  // What was refused as HTML had been sent without tags.
  if (!answer.ok && part.kind === "text" && isBadHtml(answer))
    answer = await edit("editMessageText", {
      text: visibleText(part.html),
      reply_markup: part.keyboard,
    });
  // Accepted: it was ours, and shown in another way, as after an update of ours.
  if (answer.ok || /message is not modified/i.test(answer.description)) return "there";
  const isElsewhere =
    /message to edit not found|message can't be edited|MESSAGE_ID_INVALID|there is no (?:text|caption) in the message/i.test(
      answer.description,
    );
  return isElsewhere ? "elsewhere" : { reason: `Telegram does not let us look: ${answer.description}.` };
}
