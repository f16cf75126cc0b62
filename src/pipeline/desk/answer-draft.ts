import type { DraftRecord } from "../../core/cdc.ts";
import { createId } from "../../core/id.ts";
import type { OutboundMessage } from "../../core/message.ts";
import { toShownMessage } from "../../core/say.ts";
import type { Role, Store, StoreTransaction } from "../../core/store.ts";
import type { JudgeParts } from "./judge.ts";
import { prepareAnswered } from "./watch.ts";

/** What the owner does with a draft that waits. */
export type DraftAnswer =
  | { readonly kind: "approve" }
  /** Sent in these words instead. */
  | { readonly kind: "edit"; readonly text: string }
  | { readonly kind: "reject" }
  | { readonly kind: "snooze"; readonly until: number };

export interface DraftDeps {
  readonly store: Store;
  readonly now: () => number;
  readonly timeZone: () => string;
  readonly judge: () => Promise<JudgeParts>;
  /**
   * Committed: the row can go out, the card shows the outcome, and what was changed is learned from. `hasMail`: mail of
   * its conversation was made unread.
   */
  readonly onDraftAnswered: (draft: DraftRecord, sent: OutboundMessage | undefined, hasMail: boolean) => void;
}

export interface DraftEffect {
  /** For whoever answered. */
  readonly text: string;
  /** Was it this answer that counted? */
  readonly isDone: boolean;
  /** Runs once it is committed. */
  readonly after?: () => void;
}

const maxChars = 20_000;

/**
 * Answers a draft: whoever is first counts. What is sent is written into the outbox in the same transaction, under the
 * draft's own id, so that it goes out once. Everything that can be refused is refused before anything is written.
 */
export async function prepareDraftAnswer(
  deps: DraftDeps,
  id: string,
  answer: DraftAnswer,
  who: { readonly id: string; readonly role: Role },
): Promise<(transaction: StoreTransaction) => Promise<DraftEffect>> {
  const { store, now } = deps;
  const refuse = (text: string) => async (): Promise<DraftEffect> => ({ text, isDone: false });
  if (who.role !== "owner" && who.role !== "admin") return refuse("Only an owner or admin can answer this.");
  const draft = await store.cdc.draft(id);
  if (draft === undefined)
    return refuse(`There is no question or draft ${id}. \`/approvals\` and \`/drafts\` list those that wait.`);
  if (draft.state !== "pending") return refuse(explainSettled(draft));
  if (draft.expiresAt <= now()) return refuse("This draft has expired; nothing was sent.");
  if (answer.kind === "edit" && answer.text.trim() === "") return refuse(`Write \`/edit ${id}\` and your words.`);
  if (answer.kind === "edit" && answer.text.length > maxChars)
    return refuse(`That is too long: at most ${maxChars} characters.`);

  const text = answer.kind === "edit" ? answer.text.trim() : draft.message.text;
  const message: OutboundMessage = { ...draft.message, text };
  const answered =
    answer.kind === "approve" || answer.kind === "edit"
      ? await prepareAnswered(
          { ...deps, ...(await deps.judge()), timeZone: deps.timeZone() },
          draft.conversation,
          // It answers what was known when it was written: what was asked since then is still open.
          [
            {
              text,
              hasFiles: message.attachments.length > 0,
              sentAt: answer.kind === "edit" ? now() : draft.createdAt,
            },
          ],
          "owner",
        )
      : undefined;
  const state = await store.conversation(draft.conversation);

  return async (transaction) => {
    const at = now();
    const first = await settle(transaction, at);
    if (!first) return { text: "This was answered already.", isDone: false };
    // Questions that came while it lay there are looked at now.
    const waiting =
      answer.kind === "snooze" ? [] : await transaction.cdc.takeWaitingMail(draft.conversation, draft.createdAt);
    await transaction.cdc.reopenMail(waiting);
    await transaction.cdc.addEvent("draft", id, at);
    await transaction.audit(
      {
        kind: `draft.${answer.kind === "approve" ? "approved" : answer.kind === "edit" ? "edited" : answer.kind === "reject" ? "denied" : "snoozed"}`,
        actor: who.id,
        subject: draft.conversation,
        details: { id },
      },
      at,
    );
    if (answered === undefined) {
      const isSnoozed = answer.kind === "snooze";
      const settled: DraftRecord = { ...draft, state: isSnoozed ? "pending" : "denied", answeredBy: who.id };
      return {
        text: isSnoozed
          ? `Not shown again before ${formatTime(answer.until, deps.timeZone())}.`
          : "Dropped. Nothing is sent.",
        isDone: true,
        ...(isSnoozed ? {} : { after: () => deps.onDraftAnswered(settled, undefined, waiting.length > 0) }),
      };
    }
    await answered(transaction);
    await transaction.addOutbox([message], draft.conversation);
    const shown = toShownMessage({ id: draft.conversation, session: state?.session ?? 1 }, draft.turnId, message, at);
    await transaction.addMessages([{ ...shown, inContext: true }]);
    const isEdited = text !== draft.message.text;
    const settled: DraftRecord = {
      ...draft,
      state: isEdited ? "edited" : "approved",
      answeredBy: who.id,
      ...(isEdited ? { sentText: text } : {}),
    };
    return {
      text: isEdited ? "Sent in your words." : "Sent.",
      isDone: true,
      after: () => deps.onDraftAnswered(settled, message, waiting.length > 0),
    };
  };

  async function settle(transaction: StoreTransaction, at: number): Promise<boolean> {
    switch (answer.kind) {
      case "snooze":
        if (!(await transaction.cdc.snoozeDraft(id, answer.until, at))) return false;
        // What was said last counts.
        await transaction.cdc.cancelFollowUps(draft?.conversation ?? "", ["snooze"]);
        await transaction.cdc.addFollowUp({
          id: createId(at),
          conversation: draft?.conversation ?? "",
          kind: "snooze",
          ref: id,
          reason: "you wanted to see it again",
          state: "waiting",
          dueAt: answer.until,
          createdAt: at,
        });
        return true;
      case "reject":
        return transaction.cdc.answerDraft(id, { state: "denied", by: who.id }, at);
      case "approve":
      case "edit": {
        const isEdited = text !== draft?.message.text;
        // The draft keeps what was proposed; the outbox has what is sent.
        const change = { by: who.id, ...(isEdited ? { sentText: text } : {}) };
        return transaction.cdc.answerDraft(id, { ...change, state: isEdited ? "edited" : "approved" }, at);
      }
    }
  }
}

function explainSettled({ state }: DraftRecord): string {
  switch (state) {
    case "expired":
      return "This draft has expired; nothing was sent.";
    case "overtaken":
      return "You answered yourself before; the draft was dropped.";
    default:
      return "This was answered already.";
  }
}

function formatTime(at: number, timeZone: string): string {
  return new Intl.DateTimeFormat("en-GB", { timeZone, dateStyle: "medium", timeStyle: "short" }).format(at);
}
