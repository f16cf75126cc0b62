import { AppError } from "../../src/core/errors.ts";
import type { OutboundMessage } from "../../src/core/message.ts";
import { textContent, type OwnSends } from "../_shared/own-sends.ts";
import { formatTarget } from "./chat-id.ts";
import { formatMessageText } from "./format.ts";
import { formatMessageId, parseMessageId } from "./message-id.ts";
import { digestText, type OwnEdits } from "./own-edits.ts";
import type { Revisions } from "./revisions.ts";
import { callRpc, type SignalApi } from "./rpc.ts";

/** Clients let a message be edited so often, and for so long: Signal Desktop's `canEditMessage`. */
const maxEdits = 10;
const editableMs = 24 * 3_600_000;

export interface EditParts {
  readonly api: SignalApi;
  readonly edits: OwnEdits;
  readonly revisions: Revisions;
  readonly ownSends: OwnSends;
  readonly now: () => number;
}

/** `Channel.edit`: shows the first part. What people see already costs none of the few edits. */
export async function editMessage(
  message: OutboundMessage,
  platformId: string,
  signal: AbortSignal,
  { api, edits, revisions, ownSends, now }: EditParts,
): Promise<void> {
  const key = parseMessageId(platformId);
  if (key === undefined) throw new AppError("not-found", "This is no id of a Signal message.");
  const { text, textStyle } = formatMessageText(message)[0] ?? { text: "…", textStyle: [] };
  const digest = digestText(text + textStyle.join(","));
  const last = await edits.find(platformId);
  if (last?.digest === digest) return;
  const count = (last?.count ?? 0) + 1;
  if (count > maxEdits) throw new AppError("send-rejected", `Signal lets a message be edited ${maxEdits} times only.`);
  if (now() - key.timestamp > editableMs)
    throw new AppError("send-rejected", "Signal lets a message be edited for 24 hours only.");
  const params = {
    ...formatTarget(message.address.chat),
    message: text,
    ...(textStyle.length === 0 ? {} : { textStyle }),
    editTimestamp: last?.timestamp ?? key.timestamp,
  };
  await ownSends.begin(`edit:${platformId}`, message.address.chat, textContent(text));
  // Repeating an edit shows the same text again: that is no double.
  const { timestamp } = await callRpc<{ timestamp?: number }>(api, "send", params, { effect: "read", signal });
  if (timestamp === undefined) return;
  await edits.note({ id: platformId, timestamp, count, digest });
  await revisions.note(formatMessageId({ author: key.author, timestamp }), platformId);
}
