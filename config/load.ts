import { readFile, readlink } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { type PlatformRegistry, platforms as shippedPlatforms } from "../channels/index.ts";
import { AppError } from "../src/core/errors.ts";
import type { Fault } from "../src/core/yaml-source.ts";
import { keyVariables } from "./conflicts.ts";
import { parseConfig } from "./parse.ts";
import type { Environment } from "./references.ts";
import type { Config, ModelAlias } from "./schema.ts";

export interface LoadOptions {
  /** Value of --config. */
  readonly configPath?: string;
  /** Absent: the process's own. The only place in Parlance that reads it. */
  readonly env?: Environment;
  /** Variables that count besides those, and before them. */
  readonly variables?: Environment;
  readonly cwd?: string;
  readonly home?: string;
  readonly platforms?: PlatformRegistry;
}

export interface LoadedConfig {
  readonly config: Config;
  /** Absolute path of the file; undefined when there is none and the defaults hold. */
  readonly source: string | undefined;
  /** Absolute; may not exist yet. */
  readonly dataFolder: string;
  /** Keys found in the environment, for choosing a model when none is configured. */
  readonly apiKeys: {
    readonly anthropic?: string;
    readonly openai?: string;
    readonly google?: string;
  };
  /** Where models are fetched from besides where a reference says, and what opens gated ones. */
  readonly downloads: {
    /** Of a mirror of Hugging Face. */
    readonly endpoint?: string;
    readonly token?: string;
  };
  /** An environment variable, those of the data folder's .env among them; undefined: it is not set, or empty. */
  readonly variable: (name: string) => string | undefined;
  /** Texts that must never be shown or logged: what came from the environment, and values of secret keys. */
  readonly secrets: readonly string[];
}

const maxFileBytes = 1024 * 1024;
const maxShownFaults = 50;
/** What is shorter, such as a port number, would be blotted out everywhere. */
const minSecretLength = 8;

/**
 * Finds and reads the configuration: --config, PARLANCE_CONFIG, ./parlance.yaml, <data folder>/parlance.yaml, else
 * defaults. Variables come from the environment and from <data folder>/.env. Throws AppError "config-invalid" whose message lists every fault with its place, in plain words and
 * without any value that may be secret.
 */
export async function loadConfig(options: LoadOptions = {}): Promise<LoadedConfig> {
  const own = options.env ?? process.env;
  const cwd = options.cwd ?? process.cwd();
  const home = options.home ?? homedir();
  const platforms = options.platforms ?? shippedPlatforms;
  const dataFolder = resolveFrom(cwd, home, own["PARLANCE_HOME"] || join(home, ".parlance"));

  const env = { ...(await readVariables(join(dataFolder, ".env"))), ...withoutEmpty(own), ...options.variables };
  const asked = options.configPath ?? (own["PARLANCE_CONFIG"] || undefined);
  const candidates =
    asked === undefined
      ? [join(cwd, "parlance.yaml"), join(dataFolder, "parlance.yaml")]
      : [resolveFrom(cwd, home, asked)];
  const found = await readFirst(candidates);
  if (found === undefined && asked !== undefined) {
    throw new AppError("config-invalid", `The configuration file ${candidates[0]} does not exist.`, {
      hint: `It was asked for by ${options.configPath === undefined ? "PARLANCE_CONFIG" : "--config"}.`,
    });
  }

  const defaults = await readFile(new URL("./defaults.yaml", import.meta.url), "utf8");
  const parsed = await parseConfig(found?.text ?? "", {
    env,
    platforms,
    defaults,
    timeZone: await findTimeZone(env),
  });
  if (parsed.config === undefined) throw createFaultError(found?.path, parsed.faults);
  const apiKeys = findApiKeys(env);
  const downloads = findDownloads(env);
  const config = withDetectedKeys(parsed.config, apiKeys);
  const secrets = new Set([
    ...parsed.secrets.filter((value) => value.length >= minSecretLength),
    ...Object.values(apiKeys),
    ...(downloads.token === undefined ? [] : [downloads.token]),
  ]);
  collectSecrets(config, secrets);
  const variable = (name: string) => (Object.hasOwn(env, name) ? env[name] || undefined : undefined);
  return { config, source: found?.path, dataFolder, apiKeys, downloads, variable, secrets: [...secrets] };
}

/** `parlance channels add` keeps secrets there; the real environment wins. */
async function readVariables(path: string): Promise<Environment> {
  const bytes = await readConfigFile(path);
  return bytes === undefined ? {} : parseEnv(bytes.toString("utf8"));
}

function withoutEmpty(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
}

async function readFirst(
  candidates: readonly string[],
): Promise<{ readonly path: string; readonly text: string } | undefined> {
  for (const path of candidates) {
    const bytes = await readConfigFile(path);
    if (bytes === undefined) continue;
    if (bytes.length > maxFileBytes)
      throw createFaultError(path, [
        {
          line: 1,
          column: 1,
          path: "",
          problem: "is larger than 1 MB: this cannot be a configuration.",
        },
      ]);
    try {
      return { path, text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
    } catch {
      throw createFaultError(path, [{ line: 1, column: 1, path: "", problem: "is not UTF-8 text." }]);
    }
  }
  return undefined;
}

async function readConfigFile(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    const reason =
      code === "EISDIR"
        ? "is a folder, not a file"
        : code === "EACCES" || code === "EPERM"
          ? "may not be read by this user"
          : "cannot be read";
    throw new AppError("config-invalid", `The configuration file ${path} ${reason}.`, {
      cause: error,
    });
  }
}

function createFaultError(path: string | undefined, faults: readonly Fault[]): AppError {
  const title = path ?? "The configuration from the environment (there is no parlance.yaml)";
  const lines = faults
    .slice(0, maxShownFaults)
    .map((fault) => `  ${fault.line}:${fault.column}  ${fault.path === "" ? "" : `${fault.path} `}${fault.problem}`);
  if (faults.length > maxShownFaults) lines.push(`  and ${faults.length - maxShownFaults} more`);
  const count = faults.length === 1 ? "1 fault" : `${faults.length} faults`;
  return new AppError("config-invalid", `${title} has ${count}:\n${lines.join("\n")}`);
}

/** Asks the system before Intl, whose formatter costs 20 ms of start-up. */
async function findTimeZone(env: Environment): Promise<string> {
  if (env["TZ"] && Intl.supportedValuesOf("timeZone").includes(env["TZ"])) return env["TZ"];
  const link = env["TZ"] ? "" : await readlink("/etc/localtime").catch(() => "");
  return /\/zoneinfo\/(?:posix\/)?(\w.*)$/.exec(link)?.[1] ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function findApiKeys(env: Environment): LoadedConfig["apiKeys"] {
  const found = Object.entries(keyVariables).flatMap(([provider, name]) => (env[name] ? [[provider, env[name]]] : []));
  return Object.fromEntries(found) as LoadedConfig["apiKeys"];
}

/** The variables that Hugging Face's own tools and llama.cpp read. */
function findDownloads(env: Environment): LoadedConfig["downloads"] {
  const endpoint = env["MODEL_ENDPOINT"] || env["HF_ENDPOINT"];
  const token = env["HF_TOKEN"];
  return { ...(endpoint ? { endpoint } : {}), ...(token ? { token } : {}) };
}

/** An alias without a key of its own uses the one in the environment, but only at the provider's own address. */
function withDetectedKeys(config: Config, apiKeys: LoadedConfig["apiKeys"]): Config {
  const complete = (alias: ModelAlias): ModelAlias => {
    const key = (apiKeys as Readonly<Record<string, string>>)[alias.provider];
    const isWanted = alias.apiKey === undefined && alias.baseUrl === undefined;
    return isWanted && key !== undefined ? { ...alias, apiKey: key } : alias;
  };
  const aliases = Object.entries(config.models.aliases).map(([name, alias]) => [name, complete(alias)] as const);
  return { ...config, models: { ...config.models, aliases: Object.fromEntries(aliases) } };
}

function collectSecrets(value: unknown, secrets: Set<string>, key = ""): void {
  if (typeof value === "string") {
    const isSecret =
      /token|secret|pass|apikey|accesskey|authorization|^(headers|keys)$/i.test(key) ||
      /^\w+:\/\/[^/\s]*:[^/\s]*@/.test(value);
    if (isSecret && value !== "") secrets.add(value);
  } else if (typeof value === "object" && value !== null) {
    for (const [name, inner] of Object.entries(value))
      collectSecrets(inner, secrets, key === "headers" || key === "keys" ? key : name);
  }
}

function resolveFrom(cwd: string, home: string, path: string): string {
  return path === "~" || path.startsWith("~/") ? join(home, path.slice(2)) : resolve(cwd, path);
}

/** LanceDB logs to standard error as the environment says; where it says nothing, errors only. */
export function calmNativeLogs(): void {
  process.env["LANCEDB_LOG"] ??= "error";
}
