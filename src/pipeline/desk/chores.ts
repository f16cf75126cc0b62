import { decideFollowUp, type FollowUpFacts } from "../../cdc/follow-ups/decide-follow-up.ts";
import type { DraftRecord, FollowUpRecord } from "../../core/cdc.ts";
import { describeError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { Address, OutboundMessage } from "../../core/message.ts";
import { quoteInline } from "../../core/quote.ts";
import { say } from "../../core/say.ts";
import type { Store } from "../../core/store.ts";
import { againCardId, formatDraftCard } from "./draft-card.ts";

const batch = 100;

export interface DeskChoreDeps {
  readonly store: Store;
  readonly log: Logger;
  readonly now: () => number;
  readonly wake: (conversation: string) => void;
  readonly ownerPlace: () => Promise<Address | undefined>;
  /** A draft ended without an answer. */
  readonly onDraftSettled: (draft: DraftRecord) => void;
}

/** What is due at the desk, each once whoever is at it: mail looked at again, reminders, drafts that nobody answered. */
export function createDeskChores(deps: DeskChoreDeps): () => Promise<void> {
  const { store, now, log } = deps;

  return async function runDeskChores(): Promise<void> {
    for (const followUp of await store.cdc.dueFollowUps(now(), batch)) {
      try {
        await fire(followUp);
      } catch (error) {
        log.warn({ followUp: followUp.id, error: describeError(error) }, "A follow-up failed and will be tried again.");
      }
    }
    for (const draft of await store.cdc.expiredDrafts(now(), batch)) await expire(draft);
  };

  async function fire(followUp: FollowUpRecord): Promise<void> {
    const { id, conversation, kind, ref } = followUp;
    const decision = decideFollowUp(followUp, await loadFacts(followUp), now());
    if (decision.action === "wait") return;
    if (decision.action === "cancel")
      return store.write(async (transaction) => void (await transaction.cdc.settleFollowUp(id, "cancelled")));
    const place = kind === "answer" ? undefined : await deps.ownerPlace();
    // The owner cannot be reached now: it waits.
    if (kind !== "answer" && place === undefined) return;
    const message = place === undefined ? undefined : await describe(followUp, place);
    const isFirst = await store.write(async (transaction) => {
      if (!(await transaction.cdc.settleFollowUp(id, "fired"))) return false;
      if (kind === "answer") await transaction.cdc.reopenMail(JSON.parse(ref) as number[]);
      if (message !== undefined) await say(transaction, message, now());
      await transaction.cdc.addEvent("follow-up", id, now());
      return true;
    });
    if (isFirst && kind === "answer") deps.wake(conversation);
  }

  async function loadFacts({ conversation, kind, ref, createdAt }: FollowUpRecord): Promise<FollowUpFacts> {
    const thread = await store.cdc.thread(conversation);
    const promise =
      kind === "promise"
        ? (await store.cdc.openPromises(batch, conversation)).find((each) => each.id === ref)
        : undefined;
    const draft = kind === "snooze" ? await store.cdc.draft(ref) : undefined;
    return {
      theyWroteAt: thread?.theyWroteAt ?? 0,
      ownerWroteAt: thread?.ownerWroteAt ?? 0,
      // What we wrote before it was planned answered something else.
      weWroteAt: kind === "answer" && (thread?.weWroteAt ?? 0) <= createdAt ? 0 : (thread?.weWroteAt ?? 0),
      // When the mail, or our question, was written: an answer to it may have come before the follow-up was planned.
      ...(thread === undefined || kind === "snooze" || kind === "promise"
        ? {}
        : { aboutAt: kind === "answer" ? thread.theyWroteAt : Math.max(thread.ownerWroteAt, thread.weWroteAt) }),
      ...(kind === "promise" ? { promiseState: promise === undefined ? ("kept" as const) : promise.state } : {}),
      ...(draft === undefined ? {} : { draftState: draft.state }),
    };
  }

  /** What the owner is told; undefined: it has settled itself. */
  async function describe(
    { id, conversation, kind, ref, reason }: FollowUpRecord,
    address: Address,
  ): Promise<OutboundMessage | undefined> {
    if (kind === "snooze") {
      const draft = await store.cdc.draft(ref);
      return draft?.state === "pending" ? { ...formatDraftCard(draft, address), id: againCardId(draft) } : undefined;
    }
    const text =
      kind === "reminder"
        ? `**No answer yet** in ${quoteInline(conversation)}: ${quoteInline(reason)}`
        : `**Due now**, as promised in ${quoteInline(conversation)}: ${quoteInline(reason)}`;
    return { id: `follow-up-${id}`, address, text, attachments: [] };
  }

  async function expire(draft: DraftRecord): Promise<void> {
    const isFirst = await store.write(async (transaction) => {
      if (!(await transaction.cdc.answerDraft(draft.id, { state: "expired", by: "system" }, now()))) return false;
      await transaction.cdc.addEvent("draft", draft.id, now());
      await transaction.audit(
        { kind: "draft.expired", actor: "system", subject: draft.conversation, details: { id: draft.id } },
        now(),
      );
      return true;
    });
    if (isFirst) deps.onDraftSettled({ ...draft, state: "expired" });
  }
}
