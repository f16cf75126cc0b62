import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Embedder } from "../../src/core/embedder.ts";
import { isAppError } from "../../src/core/errors.ts";

export interface EmbedderHarness {
  readonly embedder: Embedder;
  readonly dimensions: number;
  close(): Promise<void>;
}

/** What every embedder keeps to. */
export function describeEmbedder(name: string, create: () => Promise<EmbedderHarness>): void {
  describe(`${name} as an embedder`, () => {
    const { signal } = new AbortController();
    let harness: EmbedderHarness;
    let embedder: Embedder;
    beforeAll(async () => {
      harness = await create();
      embedder = harness.embedder;
    });
    afterAll(() => harness.close());

    it("tells its dimensions, in its id too", () => {
      expect(embedder.dimensions).toBe(harness.dimensions);
      expect(embedder.id).toMatch(new RegExp(`^[a-z-]+/.+/${harness.dimensions}$`));
    });

    it("answers each text with one vector of length 1", async () => {
      const texts = [
        "tea",
        "The kettle is on.",
        "",
        "   \n",
        "日本語のテキスト",
        "👩‍👩‍👧 und Grüße",
        "\ud800 half",
        "<|endoftext|>x",
      ];
      for (const kind of ["query", "document"] as const) {
        const vectors = await embedder.embed(texts, kind, signal);
        expect(vectors.map((vector) => vector.length)).toEqual(texts.map(() => harness.dimensions));
        for (const vector of vectors) expect(lengthOf(vector)).toBeCloseTo(1, 4);
      }
    });

    it("answers nothing with nothing", async () => {
      expect(await embedder.embed([], "document", signal)).toEqual([]);
    });

    it("says the same of a text, whatever stands beside it and wherever it stands", async () => {
      const words = fc.array(fc.constantFrom("tea", "the", "yes", "no", "kettle", "ü", "and so on"), { maxLength: 30 });
      const text = words.map((list) => list.join(" "));
      await fc.assert(
        fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 8 }), async (texts) => {
          const together = await embedder.embed(texts, "document", signal);
          const backwards = await embedder.embed(texts.toReversed(), "document", signal);
          for (const [at, each] of texts.entries()) {
            const [alone] = await embedder.embed([each], "document", signal);
            expect(distance(together[at], alone)).toBeLessThan(1e-3);
            expect(distance(backwards.at(-1 - at), alone)).toBeLessThan(1e-3);
          }
        }),
        { numRuns: 12 },
      );
    });

    it("tells texts apart", async () => {
      const [one, other] = await embedder.embed(["yes and no", "the kettle"], "document", signal);
      expect(distance(one, other)).toBeGreaterThan(0.01);
    });

    it("takes a text longer than any model reads", async () => {
      const [vector] = await embedder.embed(["word and ".repeat(20_000)], "document", signal);
      expect(lengthOf(vector)).toBeCloseTo(1, 4);
    });

    it("does not begin when it was stopped before", async () => {
      const error: unknown = await embedder
        .embed(["a"], "query", AbortSignal.abort())
        .catch((caught: unknown) => caught);
      expect(isAppError(error, "aborted")).toBe(true);
    });

    it("ends as aborted when it is stopped, and serves the next call", async () => {
      const stop = new AbortController();
      const texts = Array.from({ length: 200 }, (_, at) => `text ${at} `.repeat(10));
      const running = embedder.embed(texts, "document", stop.signal).catch((caught: unknown) => caught);
      stop.abort();
      expect(isAppError(await running, "aborted")).toBe(true);
      expect(await embedder.embed(["tea"], "query", signal)).toHaveLength(1);
    });

    it("says the same after it was closed", async () => {
      const [before] = await embedder.embed(["tea"], "query", signal);
      await embedder.close();
      await embedder.close();
      const [after] = await embedder.embed(["tea"], "query", signal);
      expect(after).toEqual(before);
    });
  });
}

function lengthOf(vector: Float32Array | undefined): number {
  return Math.hypot(...(vector ?? []));
}

function distance(a: Float32Array | undefined, b: Float32Array | undefined): number {
  return a?.length === b?.length
    ? Math.hypot(...(a ?? []).map((value, at) => value - (b?.[at] ?? Number.NaN)))
    : Number.NaN;
}
