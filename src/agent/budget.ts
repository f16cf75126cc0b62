import { AppError } from "../core/errors.ts";
import type { UsageRecord } from "../core/records.ts";

/** Limits in US dollars a day; absent: none. */
export interface BudgetLimits {
  readonly perDay?: number;
  readonly perConversation?: number;
  readonly perPerson?: number;
}

/** On whose account something is spent. */
export interface Spender {
  readonly conversation: string;
  readonly person: string;
  /** With the limit of its own, in dollars a day. */
  readonly persona?: { readonly name: string; readonly budget?: number };
}

/** One limit, and how much of it is used, in dollars. */
export interface BudgetUse {
  readonly name: "day" | "conversation" | "person" | "persona";
  readonly limit: number | undefined;
  readonly spent: number;
}

export interface Budget {
  /** Throws AppError "budget-exhausted" when a limit is reached. */
  check(spender: Spender): void;
  /** Adds what was spent; the limit that just passed 80%, to be said once. */
  spend(spender: Spender, costMicros: number): BudgetUse | undefined;
  /** Today's use of everything that bounds this spender. */
  uses(spender: Spender): readonly BudgetUse[];
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
  for (const { conversation, person, persona, costMicros } of stored)
    add({ conversation, person, persona: { name: persona } }, costMicros);

  function keysOf({ conversation, person, persona }: Spender) {
    return [
      { name: "day" as const, key: "day", limit: limits.perDay },
      { name: "conversation" as const, key: `c:${conversation}`, limit: limits.perConversation },
      { name: "person" as const, key: `p:${person}`, limit: limits.perPerson },
      ...(persona === undefined ? [] : [{ name: "persona" as const, key: `a:${persona.name}`, limit: persona.budget }]),
    ];
  }

  function add(spender: Spender, costMicros: number): BudgetUse | undefined {
    let warned: BudgetUse | undefined;
    for (const { name, key, limit } of keysOf(spender)) {
      const before = (spent.get(key) ?? 0) / 1e6;
      const after = before + costMicros / 1e6;
      spent.set(key, (spent.get(key) ?? 0) + costMicros);
      if (limit !== undefined && before < limit * warnAt && after >= limit * warnAt)
        warned ??= { name, limit, spent: after };
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
    check(spender) {
      turnDay();
      for (const { name, key, limit } of keysOf(spender)) {
        if (limit !== undefined && (spent.get(key) ?? 0) / 1e6 >= limit) {
          throw new AppError("budget-exhausted", `The budget of ${limit} dollars a day for this ${name} is used up.`, {
            hint: "It starts anew tomorrow; an owner can raise it under `budgets` in the configuration.",
          });
        }
      }
    },
    spend(spender, costMicros) {
      turnDay();
      return add(spender, costMicros);
    },
    uses(spender) {
      turnDay();
      return keysOf(spender).map(({ name, key, limit }) => ({ name, limit, spent: (spent.get(key) ?? 0) / 1e6 }));
    },
  };
}
