import { BlockList, isIP } from "node:net";
import { pickNearest } from "../src/core/nearest.ts";
import { type Fault, formatPath, isPlainName, type Path, type YamlSource } from "../src/core/yaml-source.ts";
import type { Environment } from "./references.ts";

type Plain = Readonly<Record<string, unknown>>;

/** The environment variable in which a provider's own tools expect the key. */
export const keyVariables: Readonly<Record<string, string>> = {
  anthropic: "ANTHROPIC_API_KEY",
  openai: "OPENAI_API_KEY",
  google: "GEMINI_API_KEY",
};

/**
 * Faults that lie between keys. Reads the merged file before it is known to be valid, so that all faults are told at
 * once; whatever has the wrong type is left to the schema.
 */
export function findConflicts(merged: Plain, env: Environment, source: YamlSource): Fault[] {
  const faults: Fault[] = [];
  const complain = (path: Path, problem: string): void =>
    void faults.push({ ...source.locate(path, "value"), path: formatPath(path), problem });

  const http = block(merged["http"]);
  if (typeof http["host"] === "string" && !isLoopback(http["host"]) && http["token"] === undefined) {
    complain(
      ["http", "token"],
      "is required, because http.host can be reached from other machines. Use a long random text, such as the output of: openssl rand -hex 24",
    );
  }

  const models = block(merged["models"]);
  const aliases = block(models["aliases"]);
  const names = Object.keys(aliases);
  const checkAlias = (path: Path, name: unknown): void => {
    if (typeof name !== "string" || names.includes(name)) return;
    const nearest = pickNearest(name, names.filter(isPlainName));
    const known = names.filter(isPlainName).join(", ");
    complain(
      path,
      `is not an alias of models.aliases. ${nearest === undefined ? (known === "" ? "None is set." : `There are: ${known}.`) : `Did you mean "${nearest}"?`}`,
    );
  };
  checkAlias(["models", "default"], models["default"]);
  for (const [name, raw] of Object.entries(aliases)) {
    const alias = block(raw);
    const path = ["models", "aliases", name];
    for (const [index, fallback] of list(alias["fallback"]).entries()) {
      if (fallback === name) complain([...path, "fallback", index], "an alias cannot be its own fallback.");
      else checkAlias([...path, "fallback", index], fallback);
    }
    for (const [key, reason] of missingKeys(alias, env)) complain([...path, key], reason);
  }
  const memory = block(merged["memory"]);
  const council = block(merged["council"]);
  checkAlias(["memory", "embedder"], memory["embedder"]);
  checkAlias(["memory", "reranker"], memory["reranker"]);
  checkAlias(["council", "chair"], council["chair"]);
  for (const [index, member] of list(council["members"]).entries()) checkAlias(["council", "members", index], member);
  for (const [name, raw] of Object.entries(block(merged["mcp"]))) {
    const server = block(raw);
    if ((server["command"] === undefined) === (server["url"] === undefined))
      complain(["mcp", name], "needs either a command to start it, or the url of a running one.");
  }
  return faults;
}

function missingKeys(alias: Plain, env: Environment): [key: string, reason: string][] {
  const provider = alias["provider"];
  if (typeof provider !== "string") return [];
  const isMissing = (key: string): boolean => alias[key] === undefined || alias[key] === null;
  const missing: [string, string][] = [];
  if (provider !== "offline" && isMissing("model")) missing.push(["model", "is required but not set."]);
  if (provider === "openai-compatible" && isMissing("baseUrl"))
    missing.push(["baseUrl", "is required but not set: the address of the server, such as http://127.0.0.1:11434/v1."]);
  if (provider === "azure" && isMissing("resourceName") && isMissing("baseUrl"))
    missing.push(["resourceName", "is required but not set: the name of the Azure resource, or its baseUrl."]);
  if (provider === "bedrock" && isMissing("region") && isMissing("baseUrl"))
    missing.push(["region", "is required but not set: the AWS region, such as eu-central-1."]);
  const variable = Object.hasOwn(keyVariables, provider) ? keyVariables[provider] : undefined;
  if (variable !== undefined && isMissing("apiKey") && isMissing("baseUrl") && !env[variable])
    missing.push(["apiKey", `is required but not set: write it here or set ${variable}.`]);
  return missing;
}

/** Is this host only reached from the machine itself? */
export function isLoopback(host: string): boolean {
  const address = host.replace(/^\[(.*)\]$/, "$1");
  if (address.toLowerCase() === "localhost") return true;
  const version = isIP(address);
  if (version === 0) return false;
  const loopback = new BlockList();
  loopback.addSubnet("127.0.0.0", 8, "ipv4");
  loopback.addAddress("::1", "ipv6");
  return loopback.check(address, version === 4 ? "ipv4" : "ipv6");
}

function block(value: unknown): Plain {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Plain) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
