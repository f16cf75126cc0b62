import type { EmbeddingModelV4, LanguageModelV4 } from "@ai-sdk/provider";
import { AppError } from "../core/errors.ts";
import { loadPackage } from "../core/load-package.ts";
import type { AliasConfig } from "./alias.ts";

/** Makes the alias's model of either kind. */
export interface ProviderSdk {
  language(): LanguageModelV4;
  /** Absent where the provider has none. */
  embedding?(): EmbeddingModelV4;
}

/**
 * The provider's package, loaded on first use. Throws AppError "package-missing", or "config-invalid" when the alias
 * lacks what the provider needs. Every setting is given explicitly, because the SDKs would otherwise read keys and
 * addresses from the environment behind the configuration's back.
 */
export async function loadProviderSdk(
  name: string,
  alias: AliasConfig,
  fetch: typeof globalThis.fetch,
): Promise<ProviderSdk> {
  const common = {
    fetch,
    ...(alias.headers === undefined ? {} : { headers: { ...alias.headers } }),
  };
  switch (alias.provider) {
    case "openai-compatible": {
      const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
      const key = alias.apiKey === undefined ? {} : { apiKey: alias.apiKey };
      const baseURL = need(name, alias, "baseUrl", 'Such as baseUrl: "http://127.0.0.1:11434/v1".');
      const provider = createOpenAICompatible({
        ...common,
        ...key,
        name: "openaiCompatible",
        baseURL,
        includeUsage: true,
        supportsStructuredOutputs: true,
      });
      // Created once per model: the SDK builds its schemas in the constructor, which costs twice a call's own time.
      return {
        language: () => provider.chatModel(alias.model),
        embedding: () => provider.embeddingModel(alias.model),
      };
    }
    case "openai": {
      const { createOpenAI } = await loadPackage("@ai-sdk/openai", () => import("@ai-sdk/openai"));
      const provider = createOpenAI({
        ...common,
        apiKey: needKey(name, alias),
        baseURL: alias.baseUrl ?? "https://api.openai.com/v1",
      });
      return {
        language: () => provider.responses(alias.model),
        embedding: () => provider.embeddingModel(alias.model),
      };
    }
    case "anthropic": {
      const { createAnthropic } = await loadPackage("@ai-sdk/anthropic", () => import("@ai-sdk/anthropic"));
      const provider = createAnthropic({
        ...common,
        apiKey: needKey(name, alias),
        baseURL: alias.baseUrl ?? "https://api.anthropic.com/v1",
      });
      return { language: () => provider.languageModel(alias.model) };
    }
    case "google": {
      const { createGoogle } = await loadPackage("@ai-sdk/google", () => import("@ai-sdk/google"));
      const provider = createGoogle({
        ...common,
        apiKey: needKey(name, alias),
        baseURL: alias.baseUrl ?? "https://generativelanguage.googleapis.com/v1beta",
      });
      return {
        language: () => provider.languageModel(alias.model),
        embedding: () => provider.embeddingModel(alias.model),
      };
    }
    case "azure": {
      const { createAzure } = await loadPackage("@ai-sdk/azure", () => import("@ai-sdk/azure"));
      const place =
        alias.baseUrl === undefined
          ? {
              resourceName: need(
                name,
                alias,
                "resourceName",
                "It is the first part of https://<resourceName>.openai.azure.com.",
              ),
            }
          : { baseURL: alias.baseUrl };
      const version = alias.apiVersion === undefined ? {} : { apiVersion: alias.apiVersion };
      const provider = createAzure({
        ...common,
        ...place,
        ...version,
        apiKey: needKey(name, alias),
      });
      return {
        language: () => provider.responses(alias.model),
        embedding: () => provider.embeddingModel(alias.model),
      };
    }
    case "bedrock": {
      const { createAmazonBedrock } = await loadPackage(
        "@ai-sdk/amazon-bedrock",
        () => import("@ai-sdk/amazon-bedrock"),
      );
      const region = need(name, alias, "region", "Such as region: eu-central-1.");
      const keys =
        alias.apiKey === undefined
          ? {
              // An empty key keeps the SDK from taking AWS_BEARER_TOKEN_BEDROCK instead.
              apiKey: "",
              accessKeyId: need(name, alias, "accessKeyId", "Or give apiKey, a Bedrock bearer token."),
              secretAccessKey: need(name, alias, "secretAccessKey", "It belongs to accessKeyId."),
              ...(alias.sessionToken === undefined ? {} : { sessionToken: alias.sessionToken }),
            }
          : { apiKey: alias.apiKey };
      const baseURL =
        alias.baseUrl ?? `https://bedrock-runtime.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
      const provider = createAmazonBedrock({ ...common, ...keys, region, baseURL });
      return {
        language: () => provider.languageModel(alias.model),
        embedding: () => provider.embeddingModel(alias.model),
      };
    }
    case "llama":
    case "onnx":
    case "offline":
      throw new AppError(
        "config-invalid",
        `Model "${name}" has provider "${alias.provider}", which is not reached over the network.`,
      );
  }
}

function needKey(name: string, alias: AliasConfig): string {
  const variable =
    { openai: "OPENAI_API_KEY", anthropic: "ANTHROPIC_API_KEY", google: "GEMINI_API_KEY" }[alias.provider as string] ??
    "AZURE_API_KEY";
  return need(name, alias, "apiKey", `Such as apiKey: \${${variable}}.`);
}

function need(
  name: string,
  alias: AliasConfig,
  setting: "apiKey" | "baseUrl" | "resourceName" | "region" | "accessKeyId" | "secretAccessKey",
  hint: string,
): string {
  const value = alias[setting];
  if (value === undefined || value === "")
    throw new AppError(
      "config-invalid",
      `models.aliases.${name}.${setting} is needed for provider "${alias.provider}".`,
      { hint },
    );
  return value;
}
