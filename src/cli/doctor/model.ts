import type { LoadedConfig } from "../../../config/load.ts";
import { findModels, suggestLocalModels } from "../../find-model.ts";
import { openModelFiles } from "../../model-files.ts";
import type { Finding } from "./finding.ts";
import { findMissing, packagesOf } from "./packages.ts";

/** Is there a language model, and what it needs? Asks no provider: that would cost money. */
export async function checkModel(loaded: LoadedConfig): Promise<Finding> {
  const { name: model, provider, source } = await findModels(loaded);
  const name = "model";
  if (provider === "offline") {
    const { models } = await suggestLocalModels();
    const registry = await openModelFiles(loaded).registry();
    // The registry's name, where it has one: what the README and "models list" say, too.
    const [suggested = "qwen3-0.6b"] = models.map(
      (id) => registry.find(({ reference }) => reference === id)?.name ?? id,
    );
    return {
      name,
      state: "warning",
      detail: "no language model: commands work, questions are not thought through",
      hint: `Set ANTHROPIC_API_KEY, OPENAI_API_KEY or GEMINI_API_KEY, start Ollama on this machine, fetch a model that suits this machine (parlance models pull ${suggested}), or configure \`models\`.`,
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
  const others = findOthersMissing(loaded);
  if (others.length > 0)
    return {
      name,
      state: "warning",
      detail: `${model} (${source}); other models need a package that is not installed: ${others.join(", ")}`,
      hint: `Run: npm install ${others.join(" ")}`,
    };
  const hint = provider === "llama" ? (await suggestLocalModels()).hint : undefined;
  return { name, state: "ok", detail: `${model} (${source})`, ...(hint === undefined ? {} : { hint }) };
}

/** Packages that further configured models need, those to fall back on among them. */
function findOthersMissing({ config }: LoadedConfig): readonly string[] {
  const providers = new Set(Object.values(config.models.aliases).map(({ provider }) => provider));
  return findMissing([...providers].flatMap((provider) => packagesOf.models[provider] ?? []));
}
