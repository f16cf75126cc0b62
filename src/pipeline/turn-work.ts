import { formatMail } from "../agent/prompt.ts";
import type { Attachment, OutboundMessage } from "../core/message.ts";
import type { ConversationState, InboxItem, NewMessage, StepRecord, StoreTransaction } from "../core/store.ts";
import { foldRevisions } from "./revise.ts";
import type { TurnUsage } from "./turn-usage.ts";

/** One turn's work: new mail, or a journalled turn to go on with. */
export interface TurnWork {
  readonly id: string;
  readonly items: readonly InboxItem[];
  readonly steps: readonly StepRecord[];
  /** Is there a row for it in the journal already? */
  readonly isJournalled: boolean;
  readonly isTainted: boolean;
  readonly startedAt: number;
}

/** What the last transaction of a turn writes. */
export interface TurnEnd {
  readonly messages: readonly NewMessage[];
  readonly outbox: readonly OutboundMessage[];
  /** Where the first message of the outbox is shown already, unfinished. */
  readonly previewId?: string;
  readonly usage?: TurnUsage;
  readonly change?: Parameters<StoreTransaction["updateConversation"]>[1];
  readonly extra?: (transaction: StoreTransaction) => Promise<void>;
  /** Runs once it is committed. */
  readonly after?: () => void;
  readonly kind: "turn.answered" | "turn.recorded" | "turn.stopped" | "turn.failed" | "turn.refused" | "command.run";
  readonly details?: Readonly<Record<string, string | number | boolean>>;
}

/** A name for a conversation that has none: the beginning of what was said first. */
export function titleOf(state: ConversationState, work: TurnWork): { title?: string } {
  const text = state.title === undefined ? work.items[0]?.message.text.trim() : undefined;
  return text === undefined || text === "" || text.startsWith("/")
    ? {}
    : { title: text.replaceAll(/\s+/g, " ").slice(0, 80).toWellFormed() };
}

/** The mail of a turn as it is kept: as the model read it, so that later prompts begin as this one did. */
export function mailMessages(state: ConversationState, work: TurnWork, inContext: boolean): NewMessage[] {
  return foldRevisions(work.items).mail.map((item) => ({
    conversation: state.id,
    session: state.session,
    turnId: work.id,
    message: formatMail([item], work.isTainted),
    externalId: item.message.id,
    senderName: item.message.sender.name,
    shown: item.message,
    inContext,
    at: item.receivedAt,
  }));
}

const maxMadeFiles = 10;

/** Files that tools made in this turn, each once, the newest where they are too many. */
export function listMadeFiles(steps: readonly StepRecord[]): readonly Attachment[] {
  const files = steps.flatMap(({ message }) =>
    message.content.flatMap((part) => (part.type === "toolResult" ? (part.attachments ?? []) : [])),
  );
  return [...new Map(files.map((file) => [`${file.path}/${file.name}`, file])).values()].slice(-maxMadeFiles);
}

/** The journalled steps of a turn as history, without those that hold thoughts only. Mail that was seen in mid-turn is kept with the mail itself. */
export function stepMessages(
  state: ConversationState,
  turnId: string,
  steps: readonly StepRecord[],
  at: number,
): NewMessage[] {
  return steps
    .filter(({ message }) => message.role !== "user" && message.content.some((part) => part.type !== "thought"))
    .map((step) => ({
      conversation: state.id,
      session: state.session,
      turnId,
      message: step.message,
      externalId: `${turnId}:${step.index}`,
      senderName: "",
      shown: undefined,
      inContext: true,
      at,
    }));
}
