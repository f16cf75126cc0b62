import { describe, expect, it } from "vitest";
import { createModels, detectModel, type AliasConfig } from "../../src/models/index.ts";
import { collect, pingRequest, textOf } from "../contracts/model.ts";
import { createFakeOpenAi } from "../doubles/fake-openai.ts";
import { createScriptedModel } from "../doubles/scripted-model.ts";

const local = (fallback?: readonly string[]): AliasConfig => ({
  provider: "llama",
  model: "m",
  ...(fallback ? { fallback } : {}),
});

describe("the configured models", () => {
  it("are made at first use, once, and guarded once, whichever alias leads to them", async () => {
    const made: string[] = [];
    const models = createModels(
      { default: "smart", aliases: { smart: local(["fast"]), fast: local() } },
      {
        createLocal: async (name) => {
          made.push(name);
          return createScriptedModel(() => (name === "smart" ? { error: {} } : "from fast"), {
            id: `llama/${name}`,
          });
        },
      },
    );
    expect(models.get("smart")).toBe(models.get());
    expect(made).toEqual([]);
    for (let count = 0; count < 6; count++) expect(textOf(await collect(models.get(), pingRequest))).toBe("from fast");
    expect(textOf(await collect(models.get("fast"), pingRequest))).toBe("from fast");
    expect(made).toEqual(["smart", "fast"]);
    expect(models.health()).toMatchObject([
      { alias: "smart", state: "open", failures: 5, retryAt: expect.any(Number) },
      { alias: "fast", state: "closed", failures: 0 },
    ]);
  });

  it("are listed with what they fall back to, transitively", () => {
    const models = createModels({
      default: "a",
      aliases: {
        a: local(["b", "c"]),
        b: local(["c"]),
        c: { provider: "offline", model: "offline" },
      },
    });
    expect(models.list()).toMatchObject([
      { alias: "a", fallback: ["b", "c"], isDefault: true },
      { alias: "b", fallback: ["c"] },
      { alias: "c", id: "offline" },
    ]);
  });

  it("names the nearest when there is no such alias", () => {
    const models = createModels({ default: "smart", aliases: { smart: local(), fast: local() } });
    expect(() => models.get("smrat")).toThrow(
      expect.objectContaining({ code: "not-found", hint: 'Did you mean "smart"?' }),
    );
    expect(() => models.get("toString")).toThrow(expect.objectContaining({ code: "not-found" }));
  });

  it.each([
    ["a default that is not there", { default: "smat", aliases: { smart: local() } }, /default model "smat"/],
    ["a fallback that is not there", { default: "a", aliases: { a: local(["b"]) } }, /falls back to "b"/],
    ["a circle", { default: "a", aliases: { a: local(["b"]), b: local(["a"]) } }, /a -> b -> a/],
    ["a circle far from the default", { default: "x", aliases: { x: local(), a: local(["a"]) } }, /a -> a/],
  ])("refuse %s", (_, config, message) => {
    expect(() => createModels(config)).toThrow(
      expect.objectContaining({ code: "config-invalid", message: expect.stringMatching(message) }),
    );
  });

  it("tell of a bad setting as an event of the call, and fall back", async () => {
    const fake = await createFakeOpenAi({});
    const models = createModels({
      default: "smart",
      aliases: {
        smart: { provider: "anthropic", model: "m", fallback: ["fast"] },
        fast: { provider: "openai-compatible", model: "m", baseUrl: fake.url },
        alone: { provider: "google", model: "m" },
      },
    });
    expect((await collect(models.get(), pingRequest)).at(-1)).toMatchObject({
      type: "done",
      modelId: "openai-compatible/m",
    });
    expect((await collect(models.get("alone"), pingRequest)).at(-1)).toMatchObject({
      type: "error",
      retryable: false,
      message: expect.stringContaining("models.aliases.alone.apiKey"),
    });
    await fake.close();
  });
});

describe("without configuration", () => {
  const nothing = async (): Promise<undefined> => undefined;
  it.each([
    [{ ANTHROPIC_API_KEY: "k", OPENAI_API_KEY: "k" }, "anthropic"],
    [{ ANTHROPIC_API_KEY: " ", OPENAI_API_KEY: "k", GEMINI_API_KEY: "k" }, "openai"],
    [{ GEMINI_API_KEY: "k" }, "google"],
    [{}, "offline"],
  ] as const)("%o leads to %s", async (env, provider) => {
    expect((await detectModel(env, nothing)).alias).toMatchObject({ provider });
  });

  it("takes an Ollama that has a model to talk with", async () => {
    const asked: [string, number][] = [];
    const probe = async (url: string, timeoutMs: number): Promise<unknown> => {
      asked.push([url, timeoutMs]);
      return { models: [{ name: "nomic-embed-text:latest" }, { name: "qwen3:4b" }] };
    };
    expect((await detectModel({}, probe)).alias).toEqual({
      provider: "openai-compatible",
      model: "qwen3:4b",
      baseUrl: "http://127.0.0.1:11434/v1",
    });
    expect(asked).toEqual([["http://127.0.0.1:11434/api/tags", 300]]);
    expect((await detectModel({}, async () => ({ models: "?" }))).alias.provider).toBe("offline");
  });

  it("takes a stored GGUF before giving up", async () => {
    expect((await detectModel({}, nothing, async () => "hf:x/y")).alias).toEqual({
      provider: "llama",
      model: "hf:x/y",
    });
  });
});
