import type { Spender } from "../agent/budget.ts";
import { describeError } from "../core/errors.ts";
import type { Spend } from "../core/model.ts";
import type { UsageRecord } from "../core/records.ts";
import type { StoreTransaction } from "../core/store.ts";
import type { PipelineDeps } from "./deps.ts";

/** What calls of models took, on its way into the store. */
export interface TurnUsage {
  /** Counts it for the budgets at once. */
  add(spend: Spend): void;
  /** The model that answered last; the one that was asked where none has. */
  lastModel(): string;
  /**
   * Writes what was added since the last time, a row for each model, in a transaction that does other work: where that
   * comes to nothing, it is written by itself, because it is paid all the same.
   */
  saveWith<T>(write: (save: (transaction: StoreTransaction) => Promise<void>) => Promise<T>): Promise<T>;
  /** Writes it by itself. Never throws. */
  save(): Promise<void>;
}

/** Everything spent on one piece of work, for one spender. */
export function createTurnUsage(
  deps: Pick<PipelineDeps, "store" | "now" | "log" | "budget" | "onBudgetWarning" | "onModelUsage">,
  spender: Spender,
  modelId: string,
): TurnUsage {
  let open = new Map<string, UsageRecord>();
  let last = modelId;

  function put({ modelId: model, usage, costMicros = 0 }: Spend): void {
    const before = open.get(model);
    open.set(model, {
      conversation: spender.conversation,
      person: spender.person,
      persona: spender.persona?.name ?? "",
      model,
      inputTokens: (before?.inputTokens ?? 0) + usage.inputTokens,
      outputTokens: (before?.outputTokens ?? 0) + usage.outputTokens,
      cachedTokens: (before?.cachedTokens ?? 0) + usage.cachedTokens,
      costMicros: (before?.costMicros ?? 0) + costMicros,
    });
  }

  async function saveWith<T>(
    write: (save: (transaction: StoreTransaction) => Promise<void>) => Promise<T>,
  ): Promise<T> {
    const taken = open;
    open = new Map();
    try {
      return await write(async (transaction) => {
        for (const row of taken.values()) await transaction.addUsage(row, deps.now());
      });
    } catch (error) {
      for (const { model, inputTokens, outputTokens, cachedTokens, costMicros } of taken.values())
        put({ modelId: model, usage: { inputTokens, outputTokens, cachedTokens }, costMicros });
      await save();
      throw error;
    }
  }

  async function save(): Promise<void> {
    if (open.size === 0) return;
    const taken = open;
    open = new Map();
    try {
      await deps.store.write(async (transaction) => {
        for (const row of taken.values()) await transaction.addUsage(row, deps.now());
      });
    } catch (error) {
      deps.log.error({ conversation: spender.conversation, error: describeError(error) }, "Usage was not recorded.");
    }
  }

  return {
    add(spend) {
      put(spend);
      last = spend.modelId;
      const use = deps.budget.spend(spender, spend.costMicros ?? 0);
      if (use !== undefined) deps.onBudgetWarning(use);
      deps.onModelUsage?.(spend.modelId, spend.usage.inputTokens, spend.usage.outputTokens, 0);
    },
    lastModel: () => last,
    saveWith,
    save,
  };
}
