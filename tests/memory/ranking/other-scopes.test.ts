import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MemoryScope } from "../../../src/core/memory.ts";
import { note, openScene } from "../scene.ts";

const signal = new AbortController().signal;
const mine: MemoryScope = "conversation:chat/one";
const words = ["camping", "violin", "harbour", "children", "went", "Ada", "July"];
const text = fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 6 }).map((said) => said.join(" "));
const texts = fc.array(text, { minLength: 1, maxLength: 8 });

describe("records of another scope", () => {
  it("change nothing about a search: neither order nor scores, fresh or indexed", async () => {
    await fc.assert(
      fc.asyncProperty(texts, texts, text, fc.boolean(), async (own, others, question, isIndexed) => {
        const scene = await openScene();
        try {
          const notes = (scope: MemoryScope, said: readonly string[]) =>
            said.map((each, at) => note(`${scope}/${at}`, each, { scope, at: at * 1_000, speaker: "Ada" }));
          await scene.put(...notes(mine, own));
          if (isIndexed) await scene.memory.catchUp(signal);
          const before = await scene.memory.recall(question, [mine], 20);
          await scene.put(...notes("person:chat:bob", others), ...notes("team", others));
          if (isIndexed) await scene.memory.catchUp(signal);
          expect(await scene.memory.recall(question, [mine], 20)).toEqual(before);
        } finally {
          await scene.close();
        }
      }),
      { numRuns: 15 },
    );
  }, 120_000);
});
