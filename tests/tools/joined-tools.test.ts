import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createBudget } from "../../src/agent/budget.ts";
import { silentLogger } from "../../src/core/log.ts";
import type { Persona } from "../../src/core/persona.ts";
import { createPeopleSearch, createSight, type ServiceSide } from "../../src/join-tools.ts";
import type { ChannelPolicy } from "../../src/pipeline/policy.ts";
import { createStore, openDatabase, type OpenStore } from "../../src/store/index.ts";
import { createLook } from "../../src/tools/media/ask-model.ts";
import { createToolContext } from "../contracts/tool.ts";
import { createScriptedModel, type ScriptedModel } from "../doubles/scripted-model.ts";

const folder = await mkdtemp(join(tmpdir(), "parlance-joined-"));
let store: OpenStore;
beforeAll(async () => {
  store = await createStore(await openDatabase(join(folder, "store.db")));
  await store.write(async (transaction) => {
    await transaction.savePerson({ id: "chat:1", name: "Ada", role: "member" });
    await transaction.savePerson({ id: "chat:2", name: "Grace", role: "guest" });
    await transaction.savePerson({ id: "chat:3", name: "Adam", role: "blocked" });
    await transaction.savePerson({ id: "mail:a", name: "Ada", role: "member" });
  });
  await store.takeLease("chat/room", "test", 0, 1);
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

const policy: ChannelPolicy = {
  name: "chat",
  platform: "test",
  mode: "open",
  access: "open",
  allow: ["chat:9"],
  midTurn: "collect",
  onUncertain: "ask",
  forgeableSenders: false,
};

describe("finding people", () => {
  const policies = new Map([
    ["chat", policy],
    ["mail", { ...policy, forgeableSenders: true }],
  ]);
  const search = createPeopleSearch(
    { person: (id) => store.person(id), searchPeople: (words, limit) => store.searchPeople(words, limit) },
    () => ({
      ownerIds: () => ["chat:7", "web:owner"],
      policy: (name) => policies.get(name),
      settings: () => ({ ownerName: "Ada Example" }) as ReturnType<ServiceSide["settings"]>,
    }),
  );
  const found = async (askedBy: string, words = "ada", limit = 10) =>
    (await search(words, limit, askedBy)).map(({ id }) => id);

  it("shows everybody of that name to those who belong here, the owner first, and nobody to others", async () => {
    const all = ["chat:7", "web:owner", "chat:1", "mail:a", "chat:3"];
    for (const member of ["chat:1", "chat:7", "chat:9"]) expect(await found(member), member).toEqual(all);
    for (const other of ["chat:2", "chat:3", "chat:unknown", "mail:a", "gone:1", "nonsense"])
      expect(await found(other), other).toEqual([]);
    expect(await found("chat:1", "ada", 2)).toEqual(["chat:7", "web:owner"]);
    expect(await found("chat:1", "grace")).toEqual(["chat:2"]);
  });
});

describe("looking at a picture", () => {
  const general: Persona = {
    name: "general",
    description: "",
    instructions: "",
    replyMode: "auto",
    maxSteps: 5,
  };
  const cat = { name: "cat.png", mimeType: "image/png", bytes: Buffer.from("PNG") };

  function setUp(model: ScriptedModel, perDay?: number) {
    const service = {
      budget: createBudget(perDay === undefined ? {} : { perDay }, [], () => 0),
      channel: () => undefined,
      log: silentLogger,
      models: () => ({ list: () => ["main"], get: () => model }),
      now: () => 1_000,
      onBudgetWarning: () => undefined,
      ownerIds: () => [],
      personas: () => new Map([["general", general]]),
      pickModel: () => "main",
      policy: () => policy,
    } satisfies Partial<ServiceSide>;
    return createLook({ open: createSight(store, () => service as unknown as ServiceSide) });
  }

  it("is done by the model of the conversation, and counted for the person who asked", async () => {
    const look = setUp(createScriptedModel([{ text: "A cat.", costMicros: 5_000_000 }], { id: "openai/eyes" }), 4);
    expect(await look(cat, "What is it?", createToolContext())).toBe("A cat.");
    expect(await store.usageSince(0)).toMatchObject([
      { conversation: "chat/room", person: "chat:1", persona: "general", model: "openai/eyes", costMicros: 5_000_000 },
    ]);
    await expect(look(cat, "And now?", createToolContext())).rejects.toMatchObject({ code: "budget-exhausted" });
  });

  it("is refused, with what to do, where the model cannot see", async () => {
    for (const id of ["offline", "llama/hf:example/small"]) {
      const model = createScriptedModel(["I see all."], { id });
      await expect(setUp(model)(cat, "What?", createToolContext()), id).rejects.toMatchObject({
        code: "unsupported",
        hint: expect.stringContaining("/model"),
      });
      expect(model.requests).toEqual([]);
    }
  });
});
