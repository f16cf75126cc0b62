import type { Model, ModelEvent, ModelRequest } from "../core/model.ts";
import { modelId, type AliasConfig } from "./alias.ts";
import { parseFailure } from "./failure.ts";
import { pickContextTokens } from "./prices.ts";

/** A model that is made at its first use, so that an unused SDK costs nothing. A failure to make it is told as its event, and tried again by the next call. */
export function createLazyModel(name: string, alias: AliasConfig, create: () => Promise<Model>): Model {
  let made: Promise<Model> | undefined;
  let ready: Model | undefined;

  async function* makeAndStream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent> {
    try {
      made ??= create();
      ready = await made;
    } catch (error) {
      made = undefined;
      return yield parseFailure(error, name, alias, Date.now());
    }
    yield* ready.stream(request, signal);
  }

  return {
    id: modelId(alias),
    contextTokens: pickContextTokens(alias),
    stream: (request, signal) => (ready ? ready.stream(request, signal) : makeAndStream(request, signal)),
  };
}
