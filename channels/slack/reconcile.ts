import type { Reconciliation, SendContext } from "../../src/core/channel.ts";
import type { OutboundMessage } from "../../src/core/message.ts";
import type { SlackApi } from "./api.ts";
import { readHistory } from "./history.ts";
import { isOurs, type Me } from "./mentions.ts";
import { formatFileId, formatMessageId, formatTs, parseFileId } from "./message-id.ts";
import { formatMark, formatMessageParts, markType, type Part } from "./parts.ts";
import type { SlackMessage } from "./payloads.ts";

/** Slack's clock and ours differ. */
const skewMs = 60_000;
/** Where the time of the attempt is not known. */
const defaultAgeMs = 24 * 3_600_000;
const maxPages = 5;

/**
 * Finds out whether the part behind `sentParts` arrived, by reading what was written since the attempt: every message
 * of ours carries our id and the number of its part, files are known by name and size. Throws AppError when Slack
 * cannot be asked now.
 */
export async function reconcileMessage(
  message: OutboundMessage,
  context: SendContext,
  api: SlackApi,
  me: Me,
  now: number,
): Promise<Reconciliation> {
  const index = context.sentParts.length;
  const part = formatMessageParts(message)[index];
  if (part === undefined) return { state: "absent" }; // the process died between the last part and its row's settling
  const { chat, thread } = message.address;
  const since = Number(context.hint ?? Number.NaN);
  const after = formatTs(Number.isFinite(since) ? since - skewMs : now - defaultAgeMs);
  const { messages, isComplete } = await readHistory(api, {
    chat,
    ...(thread === undefined ? {} : { thread }),
    after,
    maxPages,
    hasMetadata: true,
    signal: context.signal,
  });
  const ours = messages.filter((each) => isOurs(each, me));
  const found = findPart(part, ours, message, index, context.sentParts);
  if (found !== undefined) return { state: "arrived", platformId: found };
  if (!isComplete) return { state: "unknown", reason: "Too much has been written there since." };
  // A message of ours without any mark would mean that Slack does not show them to us.
  const isBlind = part.kind === "text" && ours.some((each) => each.files === undefined && marksOf(each).length === 0);
  return isBlind
    ? { state: "unknown", reason: "Slack shows our messages without the marks by which they are known." }
    : { state: "absent" };
}

function findPart(
  part: Part,
  ours: readonly SlackMessage[],
  message: OutboundMessage,
  index: number,
  sentParts: readonly string[],
): string | undefined {
  const { chat } = message.address;
  if (part.kind === "text") {
    const mark = formatMark(message.id, index);
    const found = ours.find((each) => marksOf(each).some((own) => own === mark || own.startsWith(`${mark}:`)));
    return found?.ts === undefined ? undefined : formatMessageId(chat, found.ts);
  }
  const known = new Set(sentParts.map(parseFileId));
  const { name, bytes } = part.attachment;
  const file = ours
    .flatMap(({ files = [] }) => files)
    .find((each) => !known.has(each.id) && (each.title === name || each.name === name) && each.size === bytes);
  return file === undefined ? undefined : formatFileId(chat, file.id);
}

/** In its metadata, and as the name of its first block where Slack keeps the metadata to itself. */
function marksOf({ metadata, blocks = [] }: SlackMessage): readonly string[] {
  const { id, part } = metadata?.event_type === markType ? (metadata.event_payload ?? {}) : {};
  return [
    ...(typeof id === "string" && typeof part === "number" ? [formatMark(id, part)] : []),
    ...blocks.map(({ block_id: own = "" }) => own).filter((own) => own.startsWith(`${markType}:`)),
  ];
}
