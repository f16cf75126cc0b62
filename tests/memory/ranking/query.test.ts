import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseQuery } from "../../../src/memory/ranking/index.ts";
import { irregularForms } from "../../../src/memory/ranking/irregular.ts";
import { stopWords } from "../../../src/memory/ranking/stop-words.ts";
import { listAlternatives, synonymLines } from "../../../src/memory/ranking/synonyms.ts";
import { toTerm } from "../../../src/memory/ranking/words.ts";
import { may } from "./turns.ts";

/** Half surrogates and all. */
const anyString = fc
  .array(fc.oneof(fc.nat(0x7f), fc.nat(0xffff)), { maxLength: 300 })
  .map((codes) => String.fromCharCode(...codes));

describe("a question", () => {
  it("asks for its subject, and for what may stand for it in an answer", () => {
    const query = parseQuery("What country is Ada's grandma from?", may);
    expect(query.concepts.map(({ term }) => term)).toEqual(["countri", "ada", "grandmoth"]);
    expect(query.terms).toContain("sweden");
    expect(query.words.has("ada")).toBe(true);
  });

  it("has nothing to look for when it is all grammar, or no words at all", () => {
    for (const text of ["", "  ", "Who are you?", "wer ist das", "?!", "💪"])
      expect(parseQuery(text, may).terms).toEqual([]);
  });

  it("can be any string, and stays small", () => {
    fc.assert(
      fc.property(anyString, fc.integer(), (text, now) => {
        const { terms, concepts } = parseQuery(text, now);
        expect(terms.length).toBeLessThanOrEqual(96);
        expect(concepts.length).toBeLessThanOrEqual(32);
        expect(terms.filter((term) => !/^[^\s"']+$/u.test(term))).toEqual([]);
      }),
    );
  });

  it("is read only so far, however long it is", () => {
    const long = `${"word ".repeat(2_000)}needle`;
    expect(parseQuery(long, may)).toEqual(parseQuery(`${long}${" needle".repeat(100_000)}`, may));
    expect(parseQuery(long, may).terms).not.toContain("needl");
  });
});

describe("words that stand for others", () => {
  it("are looked for in both directions among equals, and only downwards below a kind", () => {
    expect(listAlternatives("doctor")).toContain("hospit");
    expect(listAlternatives("hospit")).toContain("doctor");
    expect(listAlternatives("instrument")).toContain("violin");
    expect(listAlternatives("violin")).not.toContain("instrument");
    expect(listAlternatives("doctor")).not.toContain("doctor");
  });

  it("stand in the table as they are looked for: no grammar, no irregular form that would never be met", () => {
    for (const word of synonymLines.flatMap((line) => line.split(/:? /))) {
      expect(stopWords.has(word) ? word : "").toBe("");
      expect(irregularForms.has(word) ? word : "").toBe("");
      const term = toTerm(word) ?? "";
      expect(word.startsWith(term.slice(0, -1))).toBe(true);
    }
  });
});
