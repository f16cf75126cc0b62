import type { AliasConfig, Price } from "./alias.ts";

/*
 * List prices in dollars per million tokens: [input, output, cached input, cache write], lowest tier. Sources:
 * platform.claude.com/docs/models/overview and docs.github.com "models and pricing" (which repeats the makers' list
 * prices), both read in November 2026; older models from their makers' price pages in 2025. Prices change: `price` of
 * an alias wins over this table, and a model that is not in it has no known cost.
 */
const table: Readonly<Record<string, readonly [number, number, number, number?]>> = {
  "claude-fable-5": [10, 50, 1, 12.5],
  "claude-fable-5-1": [10, 50, 1, 12.5],
  "claude-opus-5-5": [4, 20, 0.4, 5],
  "claude-opus-5": [5, 25, 0.5, 6.25],
  "claude-opus-4-8": [5, 25, 0.5, 6.25],
  "claude-opus-4-7": [5, 25, 0.5, 6.25],
  "claude-opus-4-6": [5, 25, 0.5, 6.25],
  "claude-opus-4-5": [5, 25, 0.5, 6.25],
  "claude-opus-4-1": [15, 75, 1.5, 18.75],
  "claude-sonnet-5-5": [2, 10, 0.2, 2.5],
  "claude-sonnet-5": [2, 10, 0.2, 2.5],
  "claude-sonnet-4-6": [3, 15, 0.3, 3.75],
  "claude-sonnet-4-5": [3, 15, 0.3, 3.75],
  "claude-sonnet-4": [3, 15, 0.3, 3.75],
  "claude-haiku-4-5": [1, 5, 0.1, 1.25],
  "gpt-5.6-sol": [5, 30, 0.5, 6.25],
  "gpt-5.6-terra": [2, 12, 0.2, 2.5],
  "gpt-5.6-luna": [0.2, 1.2, 0.02, 0.25],
  "gpt-5.5": [5, 30, 0.5],
  "gpt-5.4": [2.5, 15, 0.25],
  "gpt-5.4-mini": [0.75, 4.5, 0.075],
  "gpt-5.4-nano": [0.2, 1.25, 0.02],
  "gpt-5.2": [1.75, 14, 0.175],
  "gpt-5.1": [1.25, 10, 0.125],
  "gpt-5": [1.25, 10, 0.125],
  "gpt-5-mini": [0.25, 2, 0.025],
  "gpt-5-nano": [0.05, 0.4, 0.005],
  "gpt-4.1": [2, 8, 0.5],
  "gpt-4.1-mini": [0.4, 1.6, 0.1],
  "gpt-4.1-nano": [0.1, 0.4, 0.025],
  "gpt-4o": [2.5, 10, 1.25],
  "gpt-4o-mini": [0.15, 0.6, 0.075],
  "gemini-3.7-flash": [0.75, 3.75, 0.075],
  "gemini-3.6-flash": [0.75, 3.75, 0.075],
  "gemini-3.5-flash": [1.5, 9, 0.15],
  "gemini-3.1-pro-preview": [2, 12, 0.2],
  "gemini-2.5-pro": [1.25, 10, 0.125],
  "gemini-2.5-flash": [0.3, 2.5, 0.03],
  "gemini-2.5-flash-lite": [0.1, 0.4, 0.01],
};

/** Room of a model family, by the longest start of its name that is listed. */
const windows: readonly (readonly [start: string, tokens: number])[] = [
  ["claude-haiku-4", 200_000],
  ["claude-opus-4-5", 200_000],
  ["claude-opus-4-1", 200_000],
  ["claude-sonnet-4", 200_000],
  ["claude-opus-5", 1_000_000],
  ["claude-sonnet-5", 1_000_000],
  ["claude-haiku-5", 1_000_000],
  ["claude-fable", 1_000_000],
  ["claude-", 200_000],
  ["gpt-5", 272_000],
  ["gpt-4.1", 1_000_000],
  ["gpt-4o", 128_000],
  ["gemini-", 1_000_000],
];

/** Bedrock's "us.anthropic.claude-…-v1:0" and dated or "latest" names stand for the plain one. */
function plainName(model: string): string {
  return model
    .replace(/^([a-z]+\.)?(anthropic|openai|google)[./]/, "")
    .replace(/-v\d+(:\d+)?$/, "")
    .replace(/[-@](20\d{6}|20\d\d-\d\d-\d\d|latest|\d{3})$/, "");
}

/** Undefined when nobody told us: an unknown cost is not a free one. OpenAI-compatible servers on this machine cost nothing. */
export function pickPrice(alias: AliasConfig): Price | undefined {
  if (alias.price !== undefined) return alias.price;
  if (
    alias.provider === "llama" ||
    alias.provider === "offline" ||
    (alias.provider === "openai-compatible" && isOnThisMachine(alias.baseUrl))
  )
    return { input: 0, output: 0 };
  const row = Object.hasOwn(table, plainName(alias.model)) ? table[plainName(alias.model)] : undefined;
  if (row === undefined) return undefined;
  return {
    input: row[0],
    output: row[1],
    cached: row[2],
    ...(row[3] === undefined ? {} : { cacheWrite: row[3] }),
  };
}

/** Of `inputTokens`, `cachedTokens` were read from and `cacheWriteTokens` written to the provider's cache. */
export function costMicros(
  price: Price,
  tokens: {
    inputTokens: number;
    outputTokens: number;
    cachedTokens: number;
    cacheWriteTokens: number;
  },
): number {
  const plain = Math.max(0, tokens.inputTokens - tokens.cachedTokens - tokens.cacheWriteTokens);
  // Dollars per million tokens are millionths of a dollar per token.
  return Math.round(
    plain * price.input +
      tokens.cachedTokens * (price.cached ?? price.input) +
      tokens.cacheWriteTokens * (price.cacheWrite ?? price.input) +
      tokens.outputTokens * price.output,
  );
}

/** What fits into one request. A careful guess for servers that we know nothing about. */
export function pickContextTokens(alias: AliasConfig): number {
  if (alias.contextTokens !== undefined) return alias.contextTokens;
  const name = plainName(alias.model);
  const known = windows.find(([start]) => name.startsWith(start));
  if (known) return known[1];
  return alias.provider === "openai-compatible" || alias.provider === "llama" ? 8_192 : 128_000;
}

function isOnThisMachine(baseUrl: string | undefined): boolean {
  if (baseUrl === undefined || !URL.canParse(baseUrl)) return false;
  const host = new URL(baseUrl).hostname;
  return host === "localhost" || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host);
}
