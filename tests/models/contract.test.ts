import { createFakeHosted } from "./fake-hosted.ts";
import { createOfflineModel } from "../../src/models/offline.ts";
import { createFailOverModel } from "../../src/models/fail-over.ts";
import { createProviderModel } from "../../src/models/provider.ts";
import { createModels } from "../../src/models/index.ts";
import { testModel, type ModelWorld } from "../contracts/model.ts";
import { createFakeOpenAi } from "../doubles/fake-openai.ts";
import { createScriptedModel, type ScriptStep } from "../doubles/scripted-model.ts";

const callsLookup = (hasResult: boolean): ScriptStep =>
  hasResult ? "Tea is hot, they say." : { toolCalls: [{ name: "lookup", input: { query: "tea" } }] };

function scriptedWorld(id: string): ModelWorld {
  let override: ScriptStep | undefined;
  const model = createScriptedModel(
    (request) =>
      override ?? (request.tools.length === 0 ? "pong" : callsLookup(request.messages.at(-1)?.role === "tool")),
    { id },
  );
  return {
    model,
    callsTool: true,
    hang: () => {
      override = { hangs: true };
    },
    fail: () => {
      override = { text: "half", error: {} };
    },
  };
}

testModel("offline", async () => ({ model: createOfflineModel() }));
testModel("scripted", async () => scriptedWorld("scripted"));
testModel("fail-over", async () => {
  const broken = createScriptedModel(() => ({ thought: "hm", error: {} }), { id: "scripted" });
  const world = scriptedWorld("scripted");
  return { ...world, model: createFailOverModel([broken, world.model], { now: Date.now }) };
});
testModel("openai-compatible", async () => {
  const fake = await createFakeOpenAi({ mode: "tool" });
  const model = await createProviderModel({
    provider: "openai-compatible",
    model: "m",
    baseUrl: fake.url,
  });
  return {
    model,
    callsTool: true,
    hang: () => fake.set({ mode: "hang" }),
    fail: () => fake.set({ mode: "error" }),
    close: () => fake.close(),
  };
});
testModel("an alias", async () => {
  const fake = await createFakeOpenAi({ mode: "tool" });
  const models = createModels({
    default: "fast",
    aliases: { fast: { provider: "openai-compatible", model: "m", baseUrl: fake.url } },
  });
  return {
    model: models.get(),
    callsTool: true,
    hang: () => fake.set({ mode: "hang" }),
    fail: () => fake.set({ mode: "error" }),
    close: () => fake.close(),
  };
});

for (const [name, wire, alias] of [
  ["openai", "openai", { provider: "openai", model: "gpt-5.4-mini" }],
  ["azure", "openai", { provider: "azure", model: "our-deployment" }],
  ["anthropic", "anthropic", { provider: "anthropic", model: "claude-sonnet-4-5" }],
  ["google", "google", { provider: "google", model: "gemini-3.5-flash" }],
  [
    "bedrock",
    "bedrock",
    {
      provider: "bedrock",
      model: "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
      region: "eu-central-1",
    },
  ],
] as const) {
  testModel(name, async () => {
    const fake = await createFakeHosted(wire);
    const model = await createProviderModel({
      ...alias,
      apiKey: "key-for-tests",
      baseUrl: fake.url,
    });
    return {
      model,
      callsTool: true,
      hang: () => fake.set("hang"),
      fail: () => fake.set({ status: 503 }),
      close: () => fake.close(),
    };
  });
}
