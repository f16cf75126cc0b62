import type { DraftRecord } from "../../core/cdc.ts";
import type { InboundMessage } from "../../core/message.ts";
import type { InboxItem, StoreTransaction } from "../../core/store.ts";
import { prepareAnswered, type AnsweredDeps } from "./watch.ts";

export interface OwnMailDeps extends AnsweredDeps {
  /** What the owner is called. */
  readonly ownNames: readonly string[];
  /** Keeps what the owner writes, where they agreed to be learned from. */
  readonly keepOwnWords: (items: readonly InboxItem[]) => Promise<(transaction: StoreTransaction) => Promise<void>>;
  /** A draft was overtaken, and that is committed. */
  readonly onOvertaken?: (draft: DraftRecord, words: string) => void;
}

/** Work for the turn's last transaction, and what follows once it is committed. */
export interface OwnMail {
  readonly save: (transaction: StoreTransaction) => Promise<void>;
  readonly after: () => void;
}

/**
 * The owner wrote themselves: their words answer the thread, and a draft that waited there is dropped. In a room only
 * words that may be meant for whoever asked do: what is said to somebody else by name answers nobody.
 */
export async function prepareOwnMail(deps: OwnMailDeps, items: readonly InboxItem[]): Promise<OwnMail> {
  const last = items.at(-1);
  if (last === undefined) return { save: async () => undefined, after: () => undefined };
  const { store, now } = deps;
  const { conversation, message } = last;
  const draft = await store.cdc.openDraft(conversation);
  const people = message.isGroup ? await store.cdc.speakers(conversation) : [];
  const answering = items.filter((item) => isAnswer(deps, item.message, draft, people));
  const words = answering.map(({ message: { text, attachments, sentAt } }) => ({
    text,
    hasFiles: attachments.length > 0,
    sentAt,
  }));
  const [keep, answered] = await Promise.all([
    deps.keepOwnWords(items),
    prepareAnswered(deps, conversation, words, "owner"),
  ]);
  const sentText = words.map(({ text }) => text).join("\n\n");
  let isOvertaken = false;
  return {
    save: async (transaction) => {
      isOvertaken = false;
      await keep(transaction);
      if (words.length === 0) return;
      await answered(transaction);
      if (draft === undefined) return;
      const change = { state: "overtaken" as const, by: message.sender.id, sentText };
      isOvertaken = await transaction.cdc.answerDraft(draft.id, change, now());
      if (isOvertaken) await transaction.cdc.addEvent("draft", draft.id, now());
    },
    after: () => {
      if (isOvertaken && draft !== undefined) deps.onOvertaken?.(draft, sentText);
    },
  };
}

function isAnswer(
  { classify, now, timeZone, ownNames }: OwnMailDeps,
  message: InboundMessage,
  draft: DraftRecord | undefined,
  people: readonly string[],
): boolean {
  if (!message.isGroup) return true;
  const known = draft === undefined ? people : [...people, draft.question.senderName];
  const { addressee } = classify(
    { text: message.text, isGroup: true, isAddressed: false },
    { now: now(), timeZone, ownNames, people: known },
  );
  if (typeof addressee !== "object") return true;
  return draft !== undefined && draft.question.senderName.toLowerCase().includes(addressee.name.toLowerCase());
}
