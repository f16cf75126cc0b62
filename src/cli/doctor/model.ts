import type { LoadedConfig } from "../../../config/load.ts";
import { findModels, suggestLocalModels } from "../../find-model.ts";
import type { Finding } from "./finding.ts";
import { findMissing, packagesOf } from "./packages.ts";

/** Is there a language model, and what it needs? Asks no provider: that would cost money. */
export async function checkModel(loaded: LoadedConfig): Promise<Finding> {
  const { name: model, provider, source } = await findModels(loaded);
  const name = "model";
  if (provider === "offline") {
    const { models } = await suggestLocalModels();
    return {
      name,
      state: "warning",
      detail: "no language model: commands work, questions are not thought through",
      hint: `Set ANTHROPIC_API_KEY, OPENAI_API_KEY or GEMINI_API_KEY, start Ollama on this machine, fetch a model that suits this machine (parlance models pull ${models[0] ?? "qwen3-0.6b"}), or configure \`models\`.`,
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
  const hint = provider === "llama" ? (await suggestLocalModels()).hint : undefined;
  return { name, state: "ok", detail: `${model} (${source})`, ...(hint === undefined ? {} : { hint }) };
}
