import { proposeRule } from "../../cdc/learned-rules/propose-rule.ts";
import type { DecisionRecord, LearnedRule } from "../../core/cdc.ts";
import { createCode } from "../../core/id.ts";
import type { Store, StoreTransaction } from "../../core/store.ts";

/**
 * What a correction teaches: a rule that people see and can take back, and, where an answer was wanted, a thread that
 * waits for the owner again. The rule is known before it is written, so that it can be told of.
 */
export async function prepareCorrection(
  store: Store,
  decision: DecisionRecord,
  correction: "asks" | "ignore",
  now: () => number,
): Promise<{ readonly rule: LearnedRule; readonly save: (transaction: StoreTransaction) => Promise<void> }> {
  const proposed = proposeRule(decision, correction, await store.cdc.rules("judgement"));
  const before = await store.cdc.thread(decision.conversation);
  const rule: LearnedRule = { ...proposed, id: createCode(6).toLowerCase(), at: now() };
  return {
    rule,
    save: async (transaction) => {
      await transaction.cdc.correctDecision(decision.id, correction);
      await transaction.cdc.addRule(rule);
      await transaction.cdc.addEvent("rule", rule.id, now());
      if (before !== undefined)
        await transaction.cdc.saveThread({
          ...before,
          ...(correction === "asks"
            ? { status: "to-reply" as const, reason: "you said it needs an answer" }
            : { status: "fyi" as const, reason: "you said it needs no answer" }),
          updatedAt: now(),
        });
    },
  };
}
