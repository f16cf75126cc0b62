import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCounter } from "../../../src/memory/ranking/count-concepts.ts";
import { irregularForms } from "../../../src/memory/ranking/irregular.ts";
import type { QueryConcept } from "../../../src/memory/ranking/query.ts";
import { synonymLines } from "../../../src/memory/ranking/synonyms.ts";
import { listWords, tokenize, toTerm } from "../../../src/memory/ranking/words.ts";

const vocabulary = [
  ...irregularForms.keys(),
  ...irregularForms.values(),
  ...synonymLines.flatMap((line) => line.split(/:? /)),
  ..."the used uses ties tie eyes boy boys boyish buys bought ages aged naïve Übung 2023 12 déjà-vu I'm Straße 東京".split(
    " ",
  ),
];
const word = fc.oneof(
  fc.constantFrom(...vocabulary),
  fc.string({ unit: fc.constantFrom(..."aeiosydngrtl".split("")), minLength: 1, maxLength: 6 }),
);

describe("counting concepts", () => {
  it("counts what the terms of the text say, skipping no word that could be one", () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 30 }), fc.array(word, { minLength: 1, maxLength: 6 }), (said, asked) => {
        const text = said.join(" ");
        const terms = [
          ...new Set([...asked, ...said.slice(0, 4)].flatMap((each) => toTerm(listWords(each)[0] ?? "") ?? [])),
        ];
        const concepts = terms.map((term): QueryConcept => ({ word: term, term, alternatives: [], isVague: false }));
        const counts = new Float64Array(concepts.length);
        const words = createCounter(concepts, 0.2)(text, counts, 0);
        expect(words).toBe(listWords(text).length);
        const expected = terms.map((term) => tokenize(text).filter((each) => each === term).length);
        expect([...counts]).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it("counts what stands for a concept for less, and adds from the offset on", () => {
    const concepts: QueryConcept[] = [
      { word: "instrument", term: "instrument", alternatives: ["violin"], isVague: false },
      { word: "violin", term: "violin", alternatives: [], isVague: false },
    ];
    const counts = new Float64Array(4);
    createCounter(concepts, 0.2)("A violin, another violin, one instrument", counts, 2);
    expect([...counts]).toEqual([0, 0, 1.4, 2]);
  });
});
