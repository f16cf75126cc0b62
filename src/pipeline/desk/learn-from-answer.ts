import type { DraftRecord } from "../../core/cdc.ts";
import type { PersonaOutcome } from "../../core/records.ts";
import type { Store } from "../../core/store.ts";
import type { OwnerManner } from "./manner.ts";

/** What an answered draft says of who wrote it. */
const outcomes: Readonly<Partial<Record<DraftRecord["state"], PersonaOutcome["outcome"]>>> = {
  approved: "accepted",
  edited: "edited",
  denied: "rejected",
  overtaken: "edited",
};

/** What a person made of a draft tells of the persona, and of the owner's manner. */
export async function learnFromAnswer(
  deps: { readonly store: Store; readonly now: () => number; readonly manner: () => Promise<OwnerManner> },
  draft: DraftRecord,
): Promise<void> {
  const outcome = outcomes[draft.state];
  if (outcome === undefined) return;
  await (await deps.manner()).onDraftAnswered(draft);
  const ref = draft.message.id;
  await deps.store.write((transaction) =>
    transaction.addOutcome({ persona: "delegate", ref, outcome, note: "", at: deps.now() }),
  );
}
