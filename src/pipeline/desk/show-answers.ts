import { formatOutcome } from "../../approvals/ask.ts";
import type { DraftRecord } from "../../core/cdc.ts";
import type { ApprovalRecord, Store } from "../../core/store.ts";

const batch = 200;
/** After a start, so many events are looked through for answers that nobody has shown yet. */
const maxBehind = 1_000;
const shownFact = "desk.shownSeq";

export interface ShownAnswerDeps {
  readonly store: Store;
  /** Who answers in processes that reach no channel, as the store has it, and what to call them. */
  readonly elsewhere: { readonly id: string; readonly name: string };
  /** Changes the card, and takes the draft from where the account shows drafts. Twice is the same as once. */
  readonly showDraft: (draft: DraftRecord) => void;
  readonly showApproval: (approval: ApprovalRecord, outcome: string) => void;
}

/**
 * Shows on the channels what was answered by a command, in a process that reaches none of them: each call looks at what
 * happened since the last one. An answer is shown at least once, also when it was given while no service ran.
 */
export function createAnswerShower(deps: ShownAnswerDeps): () => Promise<void> {
  const { store, elsewhere } = deps;
  let seq: number | undefined;

  async function findStart(): Promise<number> {
    const [shown, last] = await Promise.all([store.cdc.fact(shownFact), store.cdc.lastEvent()]);
    return Math.max(typeof shown === "number" ? shown : 0, last - maxBehind);
  }

  /** Resolves with true when there was something to show. */
  async function show(kind: string, ref: string): Promise<boolean> {
    if (kind === "draft") {
      const draft = await store.cdc.draft(ref);
      if (draft?.answeredBy !== elsewhere.id || draft.state === "pending") return false;
      deps.showDraft(draft);
      return true;
    }
    const approval = kind === "approval" ? await store.approval(ref) : undefined;
    if (approval === undefined || approval.answeredBy !== elsewhere.id) return false;
    deps.showApproval(approval, formatOutcome(approval, elsewhere.name));
    return true;
  }

  return async function showAnswers() {
    let at = (seq ??= await findStart());
    let isShown = false;
    const seen = new Set<string>();
    for (const event of await store.cdc.events(at, batch)) {
      at = event.seq;
      const key = `${event.kind} ${event.ref}`;
      if (seen.has(key)) continue;
      seen.add(key);
      isShown = (await show(event.kind, event.ref)) || isShown;
    }
    seq = at;
    if (isShown) await store.write((transaction) => transaction.cdc.setFact(shownFact, at));
  };
}
