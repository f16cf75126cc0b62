import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMeaningMatcher } from "../../src/agent/match-meaning.ts";
import type { Embedder } from "../../src/core/embedder.ts";
import type { Persona } from "../../src/core/persona.ts";

/** The things that texts are about here, a dimension each, and words that speak of them. */
const topics = [
  ["garden", "plants", "soil", "roses", "watering"],
  ["cooking", "recipes", "bread", "oven", "dough"],
  ["travel", "trains", "hotels", "luggage", "border"],
  ["everyday", "questions", "hello", "weather", "thanks"],
];

/** A text's vector counts its words by topic, and has a little of everything, as those of real models do. */
function vectorOf(text: string): Float32Array {
  const counts = topics.map((words) => 0.3 + words.filter((word) => text.toLowerCase().includes(word)).length);
  const length = Math.hypot(...counts);
  return Float32Array.from(counts, (count) => count / length);
}

interface World {
  /** Kind and texts of each call. */
  readonly asked: { readonly kind: string; readonly texts: readonly string[] }[];
  readonly failures: unknown[];
  /** The next calls fail, or never end. */
  mode: "answers" | "fails" | "hangs";
  at: number;
}

function setUp(timeoutMs = 1_000) {
  const world: World = { asked: [], failures: [], mode: "answers", at: 0 };
  const hanging: (() => void)[] = [];
  const embedder: Embedder = {
    id: "fake",
    dimensions: topics.length,
    async embed(texts, kind) {
      world.asked.push({ kind, texts });
      if (world.mode === "fails") throw new Error("broken");
      if (world.mode === "hangs") await new Promise<void>((resolve) => hanging.push(resolve));
      return texts.map(vectorOf);
    },
    close: async () => undefined,
  };
  const find = createMeaningMatcher({
    embedder,
    timeoutMs,
    now: () => world.at,
    onFailure: (error) => void world.failures.push(error),
  });
  return { world, find, wakeUp: () => hanging.splice(0).forEach((resolve) => resolve()) };
}

const persona = (name: string, description: string, more: Partial<Persona> = {}): Persona => ({
  name,
  description,
  instructions: "Answer.",
  replyMode: "auto",
  maxSteps: 5,
  ...more,
});
const toMap = (...personas: readonly Persona[]) => new Map(personas.map((one) => [one.name, one]));
const all = toMap(
  persona("general", "Everyday questions."),
  persona("gardener", "Plants and soil, a garden through the year."),
  persona("cook", "Cooking and recipes."),
);

describe("finding a persona by meaning", () => {
  it("takes the one whose description is nearest, and says so in its words", async () => {
    const { find } = setUp();
    const found = await find("My roses need more watering, I think", all);
    expect(found?.persona.name).toBe("gardener");
    expect(found?.reason).toBe("it is close in meaning to “Plants and soil, a garden through the year”");
    expect((await find("Which oven for my dough?", all))?.persona.name).toBe("cook");
  });

  it("leaves to general what is nearer to it, what is about nothing here, and what says too little", async () => {
    const { find, world } = setUp();
    for (const text of ["hello, what weather, thanks a lot", "how far is it to the moon?", "roses!", ""])
      expect(await find(text, all), text).toBeUndefined();
    expect(world.failures).toEqual([]);
  });

  it("never finds those made for certain people or channels, those that do not answer, or those that say nothing of themselves", async () => {
    const { find } = setUp();
    const about = "Trains and hotels, luggage at the border.";
    for (const more of [
      { when: { channels: ["sales"] } },
      { when: { people: ["web:ada"] } },
      { replyMode: "draft" },
      { replyMode: "silent" },
      { description: " " },
    ] as const) {
      const personas = toMap(...all.values(), persona("guide", about, more));
      expect((await find("trains and hotels and luggage", personas))?.persona.name).not.toBe("guide");
    }
    const personas = toMap(...all.values(), persona("guide", about, { when: { patterns: ["x"] } }));
    expect((await find("trains and hotels and luggage", personas))?.persona.name).toBe("guide");
  });

  it("asks for each description once, and again for one that changed only", async () => {
    const { find, world } = setUp();
    await Promise.all([find("watering the roses", all), find("an oven for bread", all)]);
    await find("watering the roses", all);
    const changed = toMap(...all.values(), persona("cook", "Bread and dough, and the oven."));
    await find("watering the roses", changed);
    const documents = world.asked.filter(({ kind }) => kind === "document").map(({ texts }) => texts);
    expect(documents).toEqual([
      ["Plants and soil, a garden through the year.", "Cooking and recipes.", "Everyday questions."],
      ["Bread and dough, and the oven."],
    ]);
  });

  it("gives up in time, says so once, and asks again after a pause; what it learned meanwhile is kept", async () => {
    const { find, world, wakeUp } = setUp(20);
    world.mode = "hangs";
    expect(await find("watering the roses", all)).toBeUndefined();
    expect(world.failures).toHaveLength(1);
    world.mode = "answers";
    wakeUp();
    expect(await find("watering the roses", all)).toBeUndefined();
    expect(world.asked).toHaveLength(1);
    world.at += 30_000;
    expect((await find("watering the roses", all))?.persona.name).toBe("gardener");
    expect(world.asked.map(({ kind }) => kind)).toEqual(["document", "query"]);
  });

  it("falls back when the embedder fails, at descriptions or at the message, and recovers", async () => {
    const { find, world } = setUp();
    for (const before of ["watering the roses", "an oven for bread"]) {
      world.mode = "fails";
      expect(await find(before, all)).toBeUndefined();
      world.mode = "answers";
      world.at += 30_000;
      expect(await find("watering the roses", all)).toBeDefined();
    }
    expect(world.failures).toHaveLength(2);
  });

  it("never throws, and finds nobody who is not there, whatever is said", async () => {
    const text = fc.string({ unit: "grapheme", maxLength: 60 });
    const drawn = fc.array(
      fc.record({
        name: fc.constantFrom("general", "a", "b", "c"),
        description: fc.oneof(text, fc.constantFrom(...topics.flat())),
      }),
      { maxLength: 5 },
    );
    await fc.assert(
      fc.asyncProperty(drawn, text, async (made, said) => {
        const personas = toMap(...made.map(({ name, description }) => persona(name, description)));
        const found = await setUp().find(said, personas);
        if (found === undefined) return;
        expect(found.persona).toBe(personas.get(found.persona.name));
        expect(found.persona.name).not.toBe("general");
      }),
    );
  });
});
