import { createHash } from "node:crypto";
import type * as types from "@slack/types";
import type { Attachment, OutboundMessage } from "../../src/core/message.ts";
import { formatButtons } from "./buttons.ts";
import { formatFallback, formatPlain, formatText, type FormattedPart } from "./format.ts";

/** What goes out as one Slack message. */
export type Part =
  | { readonly kind: "text"; readonly shown: FormattedPart; readonly buttons: readonly types.ActionsBlock[] }
  | { readonly kind: "file"; readonly attachment: Attachment };

/** The mark that a message of ours carries, so that it is found again. */
export const markType = "parlance_part";

/** Text first, then a message per file; the same in every attempt, so that a later one can go on behind the parts sent. */
export function formatMessageParts(message: OutboundMessage): readonly Part[] {
  const choices = message.choices ?? [];
  const texts = formatText(message.text);
  const shown =
    texts.length === 0 && choices.length > 0
      ? [{ blocks: formatPlain("Please choose:"), plain: "Please choose:" }]
      : texts;
  const buttons = formatButtons(choices);
  return [
    ...shown.map((each, index): Part => ({
      kind: "text",
      shown: each,
      buttons: index === shown.length - 1 ? buttons : [],
    })),
    ...message.attachments.map((attachment): Part => ({ kind: "file", attachment })),
  ];
}

/** The arguments of chat.postMessage and chat.update that say what is shown. */
export interface Shown {
  readonly [name: string]: string | object | undefined;
  readonly text: string;
  readonly blocks: readonly types.KnownBlock[];
  readonly attachments?: readonly object[];
}

/** `isPlain`: without looks, for where Slack has refused them. */
export function formatShown(
  part: Part & { readonly kind: "text" },
  mark: { readonly id: string; readonly index: number; readonly isEdit?: boolean },
  isPlain = false,
): Shown {
  const { shown, buttons } = part;
  const content = isPlain ? formatPlain(shown.plain) : shown.blocks;
  const all = [...content, ...buttons];
  const [first, ...rest] = all;
  const blockId = formatMark(mark.id, mark.index);
  // "If a message is updated, use a new block_id."
  const suffix = mark.isEdit === true ? `:${createHash("sha256").update(shown.plain).digest("hex").slice(0, 8)}` : "";
  return {
    text: formatFallback(shown.plain),
    blocks: first === undefined ? [] : [{ ...first, block_id: blockId + suffix }, ...rest],
    ...(shown.table === undefined || isPlain ? {} : { attachments: [{ blocks: [shown.table] }] }),
  };
}

export function formatMark(id: string, index: number): string {
  return `${markType}:${id}:${index}`;
}
