import type { core } from "zod";
import type { PlatformRegistry } from "../channels/index.ts";
import { listKeys } from "../src/core/schema-faults.ts";
import {
  type Fault,
  formatPath,
  isPlainName,
  parseYamlSource,
  type Path,
  type YamlSource,
} from "../src/core/yaml-source.ts";
import { pickNearest } from "../src/core/nearest.ts";
import { findConflicts } from "./conflicts.ts";
import { createReferences, type Environment, expandReferences, maskReferences, type References } from "./references.ts";
import { type ChannelConfig, channelSchema, type Config, configSchema, type ModelAlias } from "./schema.ts";
import { isBlock, type Plain, validate } from "./validate.ts";

export interface ParseContext {
  readonly env: Environment;
  readonly platforms: PlatformRegistry;
  /** Text of defaults.yaml. */
  readonly defaults: string;
  /** What `timeZone: system` stands for. */
  readonly timeZone: string;
}

export type ParsedConfig =
  | { readonly config: Config; readonly faults: readonly []; readonly secrets: readonly string[] }
  | { readonly config: undefined; readonly faults: readonly Fault[] };

/**
 * Reads the text of a parlance.yaml. Never throws because of the text: all its faults come back at once, in order of
 * their place. Loads the option schemas of the platforms that it names, and nothing else.
 */
export async function parseConfig(text: string, context: ParseContext): Promise<ParsedConfig> {
  const references = createReferences();
  const source = readSource(text, context.env, references);
  if (source.faults.length > 0) return { config: undefined, faults: source.faults };
  if (source.value !== null && !isBlock(source.value)) {
    return {
      config: undefined,
      faults: [
        {
          ...source.locate([], "value"),
          path: "",
          problem: 'the file must hold keys, such as "channels:".',
        },
      ],
    };
  }
  const file = source.value ?? {};
  const fromDefaults = createReferences();
  const defaults = readSource(context.defaults, context.env, fromDefaults).value as Plain;
  for (const part of ["used", "absent"] as const) {
    for (const [path, name] of fromDefaults[part]) {
      if (!isWritten(file, path)) references[part].set(path, name);
    }
  }
  const merged = mergeFile(defaults, file, context.timeZone);

  const outer = validate(configSchema, merged, source, [], references);
  const channels = await readChannels(
    isBlock(merged["channels"]) ? merged["channels"] : {},
    source,
    context.platforms,
    references,
  );
  const faults = [...outer.faults, ...channels.faults, ...findConflicts(merged, context.env, source)];
  if (faults.length > 0 || references.incomplete.length > 0 || outer.value === undefined) {
    return { config: undefined, faults: explainFaults(faults, references, source) };
  }
  return {
    config: {
      ...outer.value,
      models: { ...outer.value.models, aliases: nameOfflineModels(outer.value.models.aliases) },
      channels: channels.value,
    },
    faults: [],
    secrets: [...references.values, ...fromDefaults.values],
  };
}

function nameOfflineModels(
  aliases: Readonly<Record<string, Omit<ModelAlias, "model"> & { readonly model?: string }>>,
): Record<string, ModelAlias> {
  const named = Object.entries(aliases).map(([name, alias]) => [name, { ...alias, model: alias.model ?? "offline" }]);
  return Object.fromEntries(named) as Record<string, ModelAlias>;
}

function readSource(text: string, env: Environment, references: References): YamlSource {
  return parseYamlSource(maskReferences(text), {
    onText: (value, path) => expandReferences(value, path, env, references),
  });
}

/** Does the file give this key, such as "http.token", a value? */
function isWritten(file: Plain, path: string): boolean {
  let value: unknown = file;
  for (const key of path.split(".")) value = isBlock(value) ? value[key] : undefined;
  return value !== undefined && value !== null;
}

/** The user's file over the defaults; the channel "*" of the defaults lies under every channel. */
function mergeFile(defaults: Plain, file: Plain, timeZone: string): Plain {
  const { "*": everyChannel, ...channels } = (defaults["channels"] ?? {}) as Plain;
  const merged = merge({ ...defaults, channels }, file) as Plain;
  if (isBlock(merged["channels"])) {
    const named: Plain = { ...merged["channels"] };
    if (!Object.values(named).some((channel) => isBlock(channel) && channel["platform"] === "webchat")) {
      const free = ["web", "webchat", "web-chat"].find((name) => named[name] === undefined) ?? "parlance-web";
      named[free] = { platform: "webchat" };
    }
    merged["channels"] = Object.fromEntries(
      Object.entries(named).map(([name, channel]) => [name, merge(everyChannel, channel)]),
    );
  }
  if (isBlock(merged["owner"]) && merged["owner"]["timeZone"] === "system") {
    merged["owner"] = { ...merged["owner"], timeZone };
  }
  return merged;
}

/** Blocks are joined key by key; anything else of the file replaces. A key without a value counts as not written. */
function merge(lower: unknown, upper: unknown): unknown {
  if (upper === undefined || (upper === null && lower !== undefined)) return lower;
  if (!isBlock(lower) || !isBlock(upper)) return upper;
  const merged = { ...lower };
  for (const [key, value] of Object.entries(upper)) {
    merged[key] = merge(Object.hasOwn(lower, key) ? lower[key] : undefined, value);
  }
  return merged;
}

async function readChannels(
  channels: Plain,
  source: YamlSource,
  platforms: PlatformRegistry,
  references: References,
): Promise<{ readonly value: Record<string, ChannelConfig>; readonly faults: Fault[] }> {
  const value: Record<string, ChannelConfig> = {};
  const faults: Fault[] = [];
  for (const [name, raw] of Object.entries(channels)) {
    const path = ["channels", name];
    if (!isBlock(raw)) {
      faults.push({
        ...source.locate(path, "value"),
        path: formatPath(path),
        problem: "must be a block of keys.",
      });
      continue;
    }
    const platformName = raw["platform"];
    const platform =
      typeof platformName === "string" && Object.hasOwn(platforms, platformName) ? platforms[platformName] : undefined;
    if (typeof platformName === "string" && platform === undefined) {
      const nearest = pickNearest(platformName, Object.keys(platforms));
      const known = `Known here: ${Object.keys(platforms).join(", ")}.`;
      const problem = `is not a known platform. ${nearest === undefined ? known : `Did you mean "${nearest}"?`}`;
      faults.push({
        ...source.locate([...path, "platform"], "value"),
        path: formatPath([...path, "platform"]),
        problem,
      });
    }
    const optionsSchema = (await platform?.options())?.optionsSchema;
    const split = splitKeys(raw, optionsSchema);
    for (const key of split.unknown) faults.push(describeUnknown([...path, key], optionsSchema, source));
    const common = validate(channelSchema, split.common, source, path, references);
    const options = optionsSchema && validate(optionsSchema, split.options, source, path, references);
    faults.push(...common.faults, ...(options?.faults ?? []));
    if (common.value !== undefined)
      value[name] = {
        ...common.value,
        allow: common.value.allow.map((id) => (id.startsWith(`${name}:`) ? id : `${name}:${id}`)),
        options: options?.value,
      };
  }
  return { value, faults };
}

/** Which keys are every channel's, which the platform's (a key that both know goes to both), which nobody's. */
function splitKeys(
  raw: Plain,
  optionsSchema: core.$ZodType | undefined,
): { readonly common: Plain; readonly options: Plain; readonly unknown: string[] } {
  const commonKeys = new Set(listKeys(channelSchema));
  const optionKeys = new Set(optionsSchema ? listKeys(optionsSchema) : []);
  const entries = Object.entries(raw);
  return {
    common: Object.fromEntries(entries.filter(([key]) => commonKeys.has(key))),
    options: Object.fromEntries(entries.filter(([key]) => optionKeys.has(key))),
    unknown:
      optionsSchema === undefined
        ? []
        : entries.map(([key]) => key).filter((key) => !commonKeys.has(key) && !optionKeys.has(key)),
  };
}

function describeUnknown(path: Path, optionsSchema: core.$ZodType | undefined, source: YamlSource): Fault {
  const key = String(path.at(-1));
  const nearest = pickNearest(key, [...listKeys(channelSchema), ...(optionsSchema ? listKeys(optionsSchema) : [])]);
  const hint =
    nearest === undefined ? (isPlainName(key) ? "" : ' Is a space missing after ":"?') : ` Did you mean "${nearest}"?`;
  return {
    ...source.locate(path, "key"),
    path: formatPath(path),
    problem: `is not a known key of this channel.${hint}`,
  };
}

/** In the order of the file, with the variables that are to blame. */
function explainFaults(faults: readonly Fault[], references: References, source: YamlSource): readonly Fault[] {
  const incomplete = references.incomplete.map(({ path, name }) => ({
    ...source.locate(path, "value"),
    path: formatPath(path),
    problem: `environment variable ${name} is not set.`,
  }));
  const explained = new Set(incomplete.map((fault) => fault.path));
  const others = faults.filter((fault) => !explained.has(fault.path)).map((fault) => explainOrigin(fault, references));
  return [...incomplete, ...others].toSorted((a, b) => a.line - b.line || a.column - b.column);
}

function explainOrigin(fault: Fault, references: References): Fault {
  if (fault.problem.startsWith("is not a known key")) return fault;
  const absent = references.absent.get(fault.path);
  if (absent !== undefined) {
    return { ...fault, problem: `is not set: environment variable ${absent} is empty.` };
  }
  const used = references.used.get(fault.path);
  if (used === undefined) return fault;
  return {
    ...fault,
    problem: `${fault.problem} Its value comes from environment variable ${used}.`,
  };
}
