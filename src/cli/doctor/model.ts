import type { LoadedConfig } from "../../../config/load.ts";
import { findModels } from "../../find-model.ts";
import type { Finding } from "./finding.ts";
import { findMissing, packagesOf } from "./packages.ts";

/** Is there a language model, and what it needs? Asks no provider: that would cost money. */
export async function checkModel(loaded: LoadedConfig): Promise<Finding> {
  const { name: model, provider, source } = await findModels(loaded);
  const name = "model";
  if (provider === "offline") {
    return {
      name,
      state: "warning",
      detail: "no language model: commands work, questions are not thought through",
      hint: "Set ANTHROPIC_API_KEY, OPENAI_API_KEY or GEMINI_API_KEY, start Ollama on this machine, fetch a model (parlance models pull qwen3-0.6b), or configure `models`.",
    };
  }
  const missing = findMissing(packagesOf.models[provider] ?? []);
  if (missing.length > 0)
    return {
      name,
      state: "broken",
      detail: `${model} needs a package that is not installed: ${missing.join(", ")}`,
      hint: `Run: npm install ${missing.join(" ")}`,
    };
  return { name, state: "ok", detail: `${model} (${source})` };
}
