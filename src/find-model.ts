import type { LoadedConfig } from "../config/load.ts";
import { modelId } from "./models/alias.ts";
import { openModelFiles } from "./model-files.ts";
import { detectModel, probeJson } from "./models/detect.ts";
import type { Logger } from "./core/log.ts";
import { createLocalEngine, pickPreset, probeHardware, type LocalEngine, type Preset } from "./models/llama/index.ts";
import { createModels, type Models, type ModelsConfig } from "./models/index.ts";

export interface FoundModels {
  /** The configured models, or the one that was found. */
  readonly models: ModelsConfig;
  /** Of the default model: its provider, and its name for people. */
  readonly provider: string;
  readonly name: string;
  /** For people: where the default one comes from. */
  readonly source: string;
}

/** Without those that only turn text into vectors or order finds. */
function pickChatAliases({ models, memory }: LoadedConfig["config"]): ModelsConfig["aliases"] {
  const others = new Set([memory.embedder, memory.reranker]);
  return Object.fromEntries(
    Object.entries(models.aliases).filter(([name, { provider }]) => provider !== "onnx" && !others.has(name)),
  );
}

/** The models to use: the configured ones, else what is found in the environment and on this machine (SPEC 1). */
export async function findModels(loaded: LoadedConfig): Promise<FoundModels> {
  const { config, apiKeys } = loaded;
  const aliases = pickChatAliases(config);
  const name = config.models.default ?? Object.keys(aliases)[0];
  const configured = name === undefined ? undefined : aliases[name];
  if (name !== undefined && configured !== undefined) {
    return {
      models: { default: name, aliases },
      provider: configured.provider,
      name: modelId(configured),
      source: `configured as "${name}"`,
    };
  }
  const found = await detectModel(
    { ANTHROPIC_API_KEY: apiKeys.anthropic, OPENAI_API_KEY: apiKeys.openai, GEMINI_API_KEY: apiKeys.google },
    probeJson,
    () => openModelFiles(loaded).findChatModel(),
  );
  const alias = found.alias.provider === "offline" ? "offline" : "found";
  return {
    models: { default: alias, aliases: { [alias]: found.alias } },
    provider: found.alias.provider,
    name: modelId(found.alias),
    source: found.found,
  };
}

/** The models on this machine that suit it, the best first, and what would make them faster. Asks nobody else. */
export async function suggestLocalModels(): Promise<Preset> {
  return pickPreset(await probeHardware());
}

/** The engine of models that run on this machine. Nothing is loaded before the first request. */
export function openLocalEngine(loaded: LoadedConfig, deps: { readonly log?: Logger } = {}): LocalEngine {
  const { memoryMb } = loaded.config.models;
  return createLocalEngine({
    dataFolder: loaded.dataFolder,
    resolveFile: openModelFiles(loaded).resolveFile,
    ...(memoryMb === undefined ? {} : { memoryLimitBytes: memoryMb * 1024 ** 2 }),
    ...deps,
  });
}

/** The same models, for a command that asks one without the service. `close` ends local ones. */
export async function openModels(
  loaded: LoadedConfig,
): Promise<{ readonly models: Models; readonly close: () => Promise<void> }> {
  const engine = openLocalEngine(loaded);
  const { models } = await findModels(loaded);
  return { models: createModels(models, { createLocal: engine.createModel }), close: engine.close };
}
