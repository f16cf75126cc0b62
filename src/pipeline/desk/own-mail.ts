import type { DraftRecord } from "../../core/cdc.ts";
import type { InboxItem, StoreTransaction } from "../../core/store.ts";
import { prepareAnswered, type AnsweredDeps } from "./watch.ts";

export interface OwnMailDeps extends AnsweredDeps {
  /** Keeps what the owner writes, where they agreed to be learned from. */
  readonly keepOwnWords: (items: readonly InboxItem[]) => Promise<(transaction: StoreTransaction) => Promise<void>>;
}

/**
 * The owner wrote themselves: their words answer the thread. A draft that waited there is dropped. Resolves with that
 * draft, so that it can be learned from.
 */
export async function prepareOwnMail(
  deps: OwnMailDeps,
  items: readonly InboxItem[],
): Promise<{
  readonly overtaken: DraftRecord | undefined;
  readonly save: (transaction: StoreTransaction) => Promise<void>;
}> {
  const last = items.at(-1);
  if (last === undefined) return { overtaken: undefined, save: async () => undefined };
  const { store, now } = deps;
  const { conversation, message } = last;
  const { text, attachments, sentAt, sender } = message;
  const [draft, keep, answered] = await Promise.all([
    store.cdc.openDraft(conversation),
    deps.keepOwnWords(items),
    prepareAnswered(deps, conversation, { text, hasFiles: attachments.length > 0, sentAt }, "owner"),
  ]);
  return {
    overtaken: draft,
    save: async (transaction) => {
      await answered(transaction);
      await keep(transaction);
      if (draft === undefined) return;
      const change = { state: "overtaken" as const, by: sender.id, sentText: text };
      if (await transaction.cdc.answerDraft(draft.id, change, now()))
        await transaction.cdc.addEvent("draft", draft.id, now());
    },
  };
}
