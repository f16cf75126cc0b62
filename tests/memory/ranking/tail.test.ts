import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatWindow, parseQuery, pickWindow, searchTail, tokenize } from "../../../src/memory/ranking/index.ts";
import { hourMs, may, place, turn } from "./turns.ts";

const words = ["camping", "violin", "harbour", "the", "went", "children"];
const dialogue = fc
  .array(fc.array(fc.constantFrom(...words), { maxLength: 5 }), { maxLength: 30 })
  .map((turns) => place(turns.map((said, at) => turn(at, said.join(" ")))));

describe("the search through fresh records", () => {
  it("finds every record that has one of the words, or stands near one that has", () => {
    fc.assert(
      fc.property(dialogue, fc.constantFrom(...words), (records, question) => {
        const query = parseQuery(question, may);
        const found = new Set(searchTail(query, records, 100).map(({ record }) => record.id));
        const terms = new Set(query.terms);
        for (const { record } of records)
          if (tokenize(record.text).some((term) => terms.has(term))) expect(found.has(record.id)).toBe(true);
        if (records.every(({ record }) => !tokenize(record.text).some((term) => terms.has(term))))
          expect(found.size).toBe(0);
      }),
    );
  });

  it("gives the best first, and no more than asked for", () => {
    const gap = 10 * hourMs;
    const records = place(
      ["a boat", "harbour", "a boat in the harbour", "trains"].map((text, at) =>
        turn(at, text, { at: may + at * gap }),
      ),
    );
    const found = searchTail(parseQuery("boat in the harbour", may), records, 2);
    expect(found).toHaveLength(2);
    expect(found[0]).toBe(records[2]);
  });
});

describe("the window of a record", () => {
  const records = ["one", "two", "three", "four", "five"].map((text, at) => turn(at, text));
  const current = turn(5, "six");

  it("is what was said just before, and itself", () => {
    expect(formatWindow(records, current)).toBe("three\nfour\nfive\nsix");
    expect(formatWindow([], current)).toBe("six");
  });

  it("ends at a long silence", () => {
    const early = records.map((record, at) => (at < 4 ? { ...record, at: may - 7 * hourMs } : record));
    expect(formatWindow(early, current)).toBe("five\nsix");
  });

  it("has the terms of its parts, one after the other", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme" }), { maxLength: 4 }), fc.string(), (before, text) => {
        const parts = before.map((each, at) => turn(at, each));
        const last = turn(9, text);
        expect(pickWindow(parts, last).flatMap((part) => tokenize(part.text))).toEqual(
          tokenize(formatWindow(parts, last)),
        );
      }),
    );
  });
});
