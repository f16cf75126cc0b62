import type { Classify } from "../../cdc/classify.ts";
import type { DraftRecord } from "../../core/cdc.ts";
import type { InboxItem, Store, StoreTransaction } from "../../core/store.ts";
import { nextThread } from "./next-thread.ts";
import { readOwn } from "./watch.ts";

export interface OwnMailDeps {
  readonly store: Store;
  readonly now: () => number;
  readonly timeZone: string;
  readonly classify: Classify;
  /** Keeps what the owner writes, where they agreed to be learned from. */
  readonly keepOwnWords: (items: readonly InboxItem[]) => Promise<(transaction: StoreTransaction) => Promise<void>>;
}

/**
 * The owner wrote themselves: their words answer the thread. A draft that waited there is dropped, and what was to
 * happen unless they answered does not. Resolves with that draft, so that it can be learned from.
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
  const { store, now, timeZone } = deps;
  const { conversation, message } = last;
  const [before, draft, keep] = await Promise.all([
    store.cdc.thread(conversation),
    store.cdc.openDraft(conversation),
    deps.keepOwnWords(items),
  ]);
  const event = readOwn(deps.classify, message.text, "owner", message.sentAt, { now: now(), timeZone });
  return {
    overtaken: draft,
    save: async (transaction) => {
      await transaction.cdc.saveThread(nextThread(conversation, before, event, now()));
      await transaction.cdc.cancelFollowUps(conversation, ["answer", "snooze", "reminder"]);
      if (draft !== undefined) {
        const change = { state: "overtaken" as const, by: message.sender.id, sentText: message.text };
        if (await transaction.cdc.answerDraft(draft.id, change, now()))
          await transaction.cdc.addEvent("draft", draft.id, now());
      }
      await keep(transaction);
    },
  };
}
