import type { ModelStep } from "../agent/step.ts";
import type { UsageRecord } from "../core/store.ts";

/** Adds up what the steps of a turn cost. */
export function createTurnUsage(conversation: string, person: string, persona: string, modelId: string) {
  let total: UsageRecord = {
    conversation,
    person,
    persona,
    model: modelId,
    inputTokens: 0,
    outputTokens: 0,
    cachedTokens: 0,
    costMicros: 0,
  };
  return {
    add({ modelId: model, usage, costMicros = 0 }: ModelStep["done"]): void {
      total = {
        ...total,
        model,
        inputTokens: total.inputTokens + usage.inputTokens,
        outputTokens: total.outputTokens + usage.outputTokens,
        cachedTokens: total.cachedTokens + usage.cachedTokens,
        costMicros: total.costMicros + costMicros,
      };
    },
    record: () => total,
  };
}
