import type { Budget, BudgetUse } from "./agent/budget.ts";
import type { Model, ModelEvent, ModelRequest, Spend } from "./core/model.ts";
import type { Persona } from "./core/persona.ts";
import type { Store } from "./core/store.ts";

/** The part of the web's completion request that matters here. */
interface CompletionRequest extends Pick<ModelRequest, "system" | "messages" | "tools" | "temperature" | "maxTokens"> {
  readonly model: string;
}

const conversation = "api";
const person = "api:owner";

/**
 * Answers one stateless completion: an alias, "default", or "persona:<name>", whose instructions go before the
 * caller's own. Counted in usage and budgets like any other call. Undefined: there is no such model.
 */
export function createCompletion(deps: {
  readonly models: () => { get(alias?: string): Model; list(): readonly { readonly alias: string }[] };
  readonly defaultModel: () => string;
  readonly personas: () => ReadonlyMap<string, Persona>;
  readonly store: Store;
  readonly budget: Budget;
  readonly onBudgetWarning: (use: BudgetUse) => void;
  readonly now: () => number;
}): (
  request: CompletionRequest,
  signal: AbortSignal,
) => { readonly model: Model; readonly events: AsyncIterable<ModelEvent> } | undefined {
  return function complete(request, signal) {
    const personaName = request.model.startsWith("persona:") ? request.model.slice("persona:".length) : undefined;
    const persona = personaName === undefined ? undefined : deps.personas().get(personaName);
    if (personaName !== undefined && persona === undefined) return undefined;
    const alias = persona === undefined ? request.model : (persona.model ?? "default");
    const name = alias === "default" ? deps.defaultModel() : alias;
    if (
      !deps
        .models()
        .list()
        .some((known) => known.alias === name)
    )
      return undefined;
    const model = deps.models().get(name);
    deps.budget.check({ conversation, person });
    const { model: _name, ...rest } = request;
    const system = [persona?.instructions.trim(), request.system]
      .filter((text) => text !== undefined && text !== "")
      .join("\n\n");
    const reading = new AbortController();
    const asked = { ...rest, system, cacheKey: conversation };
    const events = model.stream(asked, AbortSignal.any([signal, reading.signal]));
    return { model, events: counted(events, persona?.name ?? "", () => reading.abort()) };
  };

  /** A caller that leaves in the middle has used up something, too: the stream is stopped, and says what. */
  async function* counted(
    events: AsyncIterable<ModelEvent>,
    persona: string,
    stop: () => void,
  ): AsyncIterable<ModelEvent> {
    const iterator = events[Symbol.asyncIterator]();
    let isOver = false;
    try {
      for (;;) {
        const result = await iterator.next();
        isOver = result.done === true;
        if (result.done === true) return;
        const event = result.value;
        if (event.type === "done" || event.type === "spent") await count(event, persona);
        isOver = event.type === "done" || event.type === "error";
        if (event.type !== "spent") yield event;
      }
    } finally {
      if (!isOver) {
        stop();
        for (let rest = await iterator.next(); rest.done !== true; rest = await iterator.next())
          if (rest.value.type === "done" || rest.value.type === "spent") await count(rest.value, persona);
      }
    }
  }

  async function count({ usage, modelId, costMicros = 0 }: Spend, persona: string): Promise<void> {
    const use = deps.budget.spend({ conversation, person }, costMicros);
    if (use !== undefined) deps.onBudgetWarning(use);
    await deps.store.write((transaction) =>
      transaction.addUsage({ conversation, person, persona, model: modelId, ...usage, costMicros }, deps.now()),
    );
  }
}
