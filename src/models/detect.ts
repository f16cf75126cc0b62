import type { AliasConfig } from "./alias.ts";

export interface DetectedModel {
  readonly alias: AliasConfig;
  /** For people: what was found. */
  readonly found: string;
}

/** Resolves with parsed JSON, or undefined when there is no answer in time. Never throws. */
export type JsonProbe = (url: string, timeoutMs: number) => Promise<unknown>;

const ollama = "http://127.0.0.1:11434";

/**
 * What to use when no model is configured: a key in `env` (Anthropic, OpenAI, Gemini), an Ollama on this machine that
 * has a model, a GGUF that lies in the model store already, else the built-in offline model. Downloads nothing.
 */
export async function detectModel(
  env: Readonly<Record<string, string | undefined>>,
  probe: JsonProbe = probeJson,
  storedGguf?: () => Promise<string | undefined>,
): Promise<DetectedModel> {
  const hosted = [
    ["ANTHROPIC_API_KEY", "anthropic", "claude-sonnet-5-5"],
    ["OPENAI_API_KEY", "openai", "gpt-5.4-mini"],
    ["GEMINI_API_KEY", "google", "gemini-3.7-flash"],
  ] as const;
  for (const [variable, provider, model] of hosted) {
    const apiKey = env[variable]?.trim();
    if (apiKey) return { alias: { provider, model, apiKey }, found: `${variable} in the environment` };
  }
  const local = pickOllamaModel(await probe(`${ollama}/api/tags`, 300));
  if (local !== undefined)
    return {
      alias: { provider: "openai-compatible", model: local, baseUrl: `${ollama}/v1` },
      found: `Ollama on this machine, with ${local}`,
    };
  const stored = await storedGguf?.();
  if (stored !== undefined)
    return { alias: { provider: "llama", model: stored }, found: `${stored} in the model store` };
  return { alias: { provider: "offline", model: "offline" }, found: "no language model" };
}

/** The model used last, as Ollama sorts them, embedding models left out. */
function pickOllamaModel(tags: unknown): string | undefined {
  if (typeof tags !== "object" || tags === null || !("models" in tags) || !Array.isArray(tags.models)) return undefined;
  const names = tags.models.map((model: unknown) =>
    typeof model === "object" && model !== null && "name" in model ? model.name : undefined,
  );
  return names.find((name): name is string => typeof name === "string" && !/embed|bge|minilm|rerank/i.test(name));
}

/** Asks over the network; only ever this machine here. */
export async function probeJson(url: string, timeoutMs: number): Promise<unknown> {
  try {
    const response = await fetch(url, {
      signal: AbortSignal.timeout(timeoutMs),
      redirect: "error",
    });
    return response.ok ? await response.json() : undefined;
  } catch {
    return undefined;
  }
}
