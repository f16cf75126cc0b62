import { AppError } from "../core/errors.ts";
import type { UsageRecord } from "../core/store.ts";

/** Limits in US dollars a day; absent: none. */
export interface BudgetLimits {
  readonly perDay?: number;
  readonly perConversation?: number;
  readonly perPerson?: number;
}

export interface Budget {
  /** Throws AppError "budget-exhausted" when a limit is reached. */
  check(conversation: string, person: string): void;
  /** Adds what was spent; resolves the limit that just passed 80%, to be said once. */
  spend(
    usage: Pick<UsageRecord, "conversation" | "person" | "costMicros">,
  ): "day" | "conversation" | "person" | undefined;
}

const warnAt = 0.8;

/**
 * Counts what is spent since the start of the day (`startOfDay` of now), beginning with what the store already knows.
 * In memory: checking costs nothing per message. Several processes each count their own share and what was stored
 * when they began the day.
 */
export function createBudget(limits: BudgetLimits, stored: readonly UsageRecord[], startOfDay: () => number): Budget {
  let day = startOfDay();
  let spent = new Map<string, number>();
  for (const usage of stored) add(usage);

  function keysOf(conversation: string, person: string) {
    return [
      { name: "day" as const, key: "day", limit: limits.perDay },
      { name: "conversation" as const, key: `c:${conversation}`, limit: limits.perConversation },
      { name: "person" as const, key: `p:${person}`, limit: limits.perPerson },
    ];
  }

  function add(usage: Pick<UsageRecord, "conversation" | "person" | "costMicros">): ReturnType<Budget["spend"]> {
    let warned: ReturnType<Budget["spend"]>;
    for (const { name, key, limit } of keysOf(usage.conversation, usage.person)) {
      if (limit === undefined) continue;
      const before = (spent.get(key) ?? 0) / 1e6;
      spent.set(key, (spent.get(key) ?? 0) + usage.costMicros);
      if (before < limit * warnAt && before + usage.costMicros / 1e6 >= limit * warnAt) warned ??= name;
    }
    return warned;
  }

  function turnDay(): void {
    const today = startOfDay();
    if (today === day) return;
    day = today;
    spent = new Map();
  }

  return {
    check(conversation, person) {
      turnDay();
      for (const { name, key, limit } of keysOf(conversation, person)) {
        if (limit !== undefined && (spent.get(key) ?? 0) / 1e6 >= limit) {
          throw new AppError("budget-exhausted", `The budget of ${limit} dollars a day for this ${name} is used up.`, {
            hint: "It starts anew tomorrow; an owner can raise it under `budgets` in the configuration.",
          });
        }
      }
    },
    spend(usage) {
      turnDay();
      return add(usage);
    },
  };
}
