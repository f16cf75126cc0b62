import { loadConfig, type LoadedConfig } from "../../config/load.ts";
import { AppError } from "../core/errors.ts";
import { pickNearest } from "../core/nearest.ts";

/** Options that nearly every command has, for parseArgs. */
export const commonOptions = {
  config: { type: "string" },
  json: { type: "boolean", default: false },
} as const;

export const commonUsage =
  "  --config FILE  the configuration (default: ./parlance.yaml, then the data folder's)\n  --json         print JSON";

export function loadConfigOf(values: { readonly config?: string | undefined }): Promise<LoadedConfig> {
  return loadConfig(values.config === undefined ? {} : { configPath: values.config });
}

/** The sub-command that was asked for. Throws AppError "bad-input" when there is none of that name. */
export function pickAction<Action extends string>(
  word: string | undefined,
  actions: readonly Action[],
  fallback?: Action,
): Action {
  if (word === undefined && fallback !== undefined) return fallback;
  const found = actions.find((action) => action === word);
  if (found !== undefined) return found;
  const nearest = word === undefined ? undefined : pickNearest(word, actions);
  const guess = nearest === undefined ? `There are: ${actions.join(", ")}.` : `Did you mean "${nearest}"?`;
  throw new AppError("bad-input", word === undefined ? "What shall be done?" : `There is no "${word}" here.`, {
    hint: guess,
  });
}

/** A word that must be there. Throws AppError "bad-input". */
export function needWord(word: string | undefined, what: string, example: string): string {
  if (word !== undefined && word !== "") return word;
  throw new AppError("bad-input", `${what} is missing.`, { hint: `Such as: parlance ${example}` });
}

/** Whatever is piped in, at most `maxChars` of it. Throws AppError "too-large". */
export async function readPiped(maxChars: number): Promise<string> {
  let text = "";
  for await (const chunk of process.stdin.setEncoding("utf8")) {
    text += String(chunk);
    if (text.length > maxChars) throw new AppError("too-large", `The text is longer than ${maxChars} characters.`);
  }
  return text;
}
