import { AppError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { Model } from "../core/model.ts";
import { pickNearest } from "../core/nearest.ts";
import { modelId, type AliasConfig, type ModelsConfig } from "./alias.ts";
import { createBreaker, type Breaker, type BreakerState } from "./breaker.ts";
import { createFailOverModel } from "./fail-over.ts";
import { createLazyModel } from "./lazy.ts";
import { createOfflineModel } from "./offline.ts";
import { createProviderModel } from "./provider.ts";

export type { AliasConfig, ModelsConfig, Price, ProviderName } from "./alias.ts";
export { detectModel, probeJson, type DetectedModel, type JsonProbe } from "./detect.ts";
export { createFailOverModel } from "./fail-over.ts";
export { createOfflineModel } from "./offline.ts";
export { createProviderModel } from "./provider.ts";

export interface ModelsDeps {
  readonly now?: () => number;
  readonly log?: Logger;
  readonly fetch?: typeof globalThis.fetch;
  /** Makes the models of provider "llama". */
  readonly createLocal?: (name: string, alias: AliasConfig) => Promise<Model>;
}

export interface ModelHealth {
  readonly alias: string;
  readonly id: string;
  readonly state: BreakerState;
  /** Retryable failures in a row. */
  readonly failures: number;
  /** Epoch ms before which it is left alone. */
  readonly retryAt?: number;
}

export interface Models {
  /** The alias with its fallbacks; the default one without a name. Throws AppError "not-found" and names the nearest. */
  get(alias?: string): Model;
  list(): readonly {
    readonly alias: string;
    readonly id: string;
    readonly contextTokens: number;
    readonly fallback: readonly string[];
    readonly isDefault: boolean;
  }[];
  /** One entry per alias. */
  health(): readonly ModelHealth[];
}

/**
 * The configured models. Nothing is loaded or reached before a model's first call. Throws AppError "config-invalid"
 * when the default or a fallback is no alias, or fallbacks lead back to where they began.
 */
export function createModels(config: ModelsConfig, deps: ModelsDeps = {}): Models {
  const now = deps.now ?? Date.now;
  const names = Object.keys(config.aliases);
  const single = new Map<string, { model: Model; breaker: Breaker }>();
  const chained = new Map<string, Model>();

  function aliasOf(name: string): AliasConfig | undefined {
    return Object.hasOwn(config.aliases, name) ? config.aliases[name] : undefined;
  }

  function hint(name: string): string {
    const nearest = pickNearest(name, names);
    return nearest === undefined
      ? `There ${names.length === 1 ? "is" : "are"}: ${names.join(", ")}.`
      : `Did you mean "${nearest}"?`;
  }

  /** The alias, its fallbacks, and theirs, each once, in the order they are tried. */
  function chainOf(name: string, path: readonly string[] = []): readonly string[] {
    if (path.includes(name))
      throw new AppError(
        "config-invalid",
        `The fallbacks of model "${path[0]}" lead back to "${name}": ${[...path, name].join(" -> ")}.`,
        { hint: "Take one of them out." },
      );
    const alias = aliasOf(name);
    if (alias === undefined)
      throw new AppError(
        "config-invalid",
        path.length === 0
          ? `The default model "${name}" is not defined.`
          : `Model "${path.at(-1)}" falls back to "${name}", which is not defined.`,
        { hint: hint(name) },
      );
    return [...new Set([name, ...(alias.fallback ?? []).flatMap((next) => chainOf(next, [...path, name]))])];
  }

  function member(name: string, alias: AliasConfig): { model: Model; breaker: Breaker } {
    let found = single.get(name);
    if (found === undefined) {
      found = {
        model:
          alias.provider === "offline" ? createOfflineModel() : createLazyModel(name, alias, () => create(name, alias)),
        breaker: createBreaker({ now }),
      };
      single.set(name, found);
    }
    return found;
  }

  async function create(name: string, alias: AliasConfig): Promise<Model> {
    if (alias.provider !== "llama")
      return createProviderModel(alias, {
        name,
        now,
        ...(deps.fetch === undefined ? {} : { fetch: deps.fetch }),
      });
    if (deps.createLocal === undefined)
      throw new AppError("unsupported", `Model "${name}" runs in this process, and no local engine is available.`, {
        hint: "Use Ollama with provider openai-compatible instead.",
      });
    return deps.createLocal(name, alias);
  }

  chainOf(config.default);
  for (const name of names) chainOf(name);

  return {
    get(name = config.default) {
      const known = chained.get(name);
      if (known !== undefined) return known;
      if (aliasOf(name) === undefined)
        throw new AppError("not-found", `There is no model "${name}".`, { hint: hint(name) });
      const members = chainOf(name).flatMap((each) => {
        const alias = aliasOf(each);
        return alias === undefined ? [] : [member(each, alias)];
      });
      const model = createFailOverModel(
        members.map((each) => each.model),
        {
          now,
          breakers: members.map((each) => each.breaker),
          ...(deps.log === undefined ? {} : { log: deps.log }),
        },
      );
      chained.set(name, model);
      return model;
    },
    list: () =>
      names.flatMap((name) => {
        const alias = aliasOf(name);
        return alias === undefined
          ? []
          : [
              {
                alias: name,
                id: modelId(alias),
                contextTokens: member(name, alias).model.contextTokens,
                fallback: chainOf(name).slice(1),
                isDefault: name === config.default,
              },
            ];
      }),
    health: () =>
      names.flatMap((name) => {
        const alias = aliasOf(name);
        return alias === undefined ? [] : [{ alias: name, id: modelId(alias), ...member(name, alias).breaker.state() }];
      }),
  };
}
