import type { LoadedConfig } from "../config/load.ts";
import { detectModel } from "./models/detect.ts";

export interface FoundModel {
  readonly name: string;
  readonly provider: string;
  /** For people: where it comes from. */
  readonly source: string;
}

/** The model that answers where nobody asks for another one: the configured one, or what a start would find now. */
export async function findModel({ config, apiKeys }: LoadedConfig): Promise<FoundModel> {
  const { aliases } = config.models;
  const name = config.models.default ?? Object.keys(aliases)[0];
  const alias = name === undefined ? undefined : aliases[name];
  if (alias !== undefined)
    return {
      name: `${alias.provider}/${alias.model}`,
      provider: alias.provider,
      source: `configured as "${name}"`,
    };
  const found = await detectModel({
    ANTHROPIC_API_KEY: apiKeys.anthropic,
    OPENAI_API_KEY: apiKeys.openai,
    GEMINI_API_KEY: apiKeys.google,
  });
  return {
    name: `${found.alias.provider}/${found.alias.model}`,
    provider: found.alias.provider,
    source: found.found,
  };
}
