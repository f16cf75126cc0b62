import type { Budget } from "./agent/budget.ts";
import type { Model, ModelEvent, ModelRequest } from "./core/model.ts";
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
    return {
      model,
      events: counted(model.stream({ ...rest, system, cacheKey: conversation }, signal), persona?.name ?? ""),
    };
  };

  async function* counted(events: AsyncIterable<ModelEvent>, persona: string): AsyncIterable<ModelEvent> {
    for await (const event of events) {
      if (event.type === "done") {
        const { usage, modelId, costMicros = 0 } = event;
        deps.budget.spend({ conversation, person }, costMicros);
        await deps.store.write((transaction) =>
          transaction.addUsage({ conversation, person, persona, model: modelId, ...usage, costMicros }, deps.now()),
        );
      }
      yield event;
    }
  }
}
