import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MemoryCandidate } from "../../../src/core/memory.ts";
import { parseQuery, rank } from "../../../src/memory/ranking/index.ts";
import { hourMs, may, place, turn } from "./turns.ts";

const ids = (question: string, candidates: readonly MemoryCandidate[], limit = 10) =>
  rank(parseQuery(question, may), candidates, { limit }).map(({ record }) => record.id);

describe("the order of finds", () => {
  it("leads with what has the rarer words", () => {
    const records = ["The garden party", "The garden", "A violin in the garden", "The garden again"].map((text, at) =>
      turn(at, text, { at: may + at * 10 * hourMs }),
    );
    expect(ids("violin in the garden", place(records))[0]).toBe("t2");
  });

  it("finds the answer that follows the words of the question, and puts the question below it", () => {
    const records = [
      turn(0, "Nice to see you again, how is everything?"),
      turn(1, "Which instruments do you play?"),
      turn(2, "I have been on the clarinet for years, and my sister taught me to read notes."),
      turn(3, "Lovely!"),
      turn(4, "Something quite different about trains", { at: may + 48 * hourMs }),
    ];
    expect(ids("What instruments are played?", place(records))[0]).toBe("t2");
  });

  it("finds what only a neighbour has the words of, when the neighbour alone was found", () => {
    const records = [turn(0, "Guess what I got for the trip!"), turn(1, "A telescope? That is great.")];
    const [, second] = place(records);
    expect(second === undefined ? [] : ids("telescope", [second]).toSorted()).toEqual(["t0", "t1"]);
  });

  it("takes no words from before a long silence", () => {
    const records = [turn(0, "A telescope"), turn(1, "Good morning", { at: may + 7 * hourMs })];
    expect(ids("telescope", place(records))).toEqual(["t0"]);
  });

  it("prefers who is asked about, without leaving out the others", () => {
    const records = [
      turn(0, "I love pottery", { speaker: "Bo Li", at: may }),
      turn(1, "I love pottery", { speaker: "Ada", at: may + 10 * hourMs }),
    ];
    expect(ids("What does Ada love? Pottery?", place(records))).toEqual(["t1", "t0"]);
    expect(ids("What does Bo love? Pottery?", place(records))).toEqual(["t0", "t1"]);
  });

  it("looks for a name as a word when there is nothing else", () => {
    const records = [
      turn(0, "Thanks, Ada", { speaker: "Bo" }),
      turn(1, "Hello", { speaker: "Ada", at: may + 10 * hourMs }),
    ];
    expect(ids("Ada", place(records))).toEqual(["t0"]);
  });

  it("prefers what was said at the time that the question names", () => {
    const records = [
      turn(0, "We went camping"),
      turn(1, "We went camping", { at: Date.UTC(2023, 6, 3) }),
      turn(2, "We went camping", { at: Date.UTC(2023, 8, 3) }),
    ];
    expect(ids("camping in July", place(records))[0]).toBe("t1");
  });

  it("counts words of meaning alike, and less than the word itself", () => {
    const gap = 10 * hourMs;
    const records = [
      turn(0, "the weather is fine", { at: may }),
      turn(1, "that violin sounds fine", { at: may + gap }),
      turn(2, "that instrument sounds fine", { at: may + 2 * gap }),
    ];
    expect(ids("instrument", place(records))).toEqual(["t2", "t1"]);
  });

  it("works in German, French and Spanish", () => {
    const gap = 10 * hourMs;
    const texts = [
      "Ich habe gestern die Rechnung für den Server bezahlt.",
      "La réunion avec le client est reportée à jeudi.",
      "Mi hermana vive ahora en Sevilla con su perro.",
      "Das Wetter war schön.",
    ];
    const records = place(texts.map((text, at) => turn(at, text, { at: may + at * gap })));
    expect(ids("Wann wurde die Rechnung bezahlt?", records)[0]).toBe("t0");
    expect(ids("Quand est la réunion avec le client ?", records)[0]).toBe("t1");
    expect(ids("¿Dónde vive mi hermana?", records)[0]).toBe("t2");
  });

  it("says why: the words, who said it, when", () => {
    const records = [turn(0, "Camping with the telescope", { speaker: "Ada" })];
    const [first] = rank(parseQuery("Did Ada go camping in May?", may), place(records), { limit: 1 });
    expect(first?.reason).toBe("camping, said by Ada, from that time");
  });

  it("joins both orders where there is nearness in meaning", () => {
    const gap = 10 * hourMs;
    const records = place(
      ["telescope", "telescope and stars", "planets", "trains"].map((text, at) =>
        turn(at, text, { at: may + at * gap }),
      ),
    );
    const nearness = [0.1, 0.9, 0.95, 0.2];
    const candidates = records.map((each, at) => ({ ...each, nearness: nearness[at] ?? 0 }));
    expect(ids("telescope stars", candidates)[0]).toBe("t1");
    expect(ids("telescope stars", candidates)).toContain("t2");
    const [first] = rank(parseQuery("telescope stars", may), candidates, { limit: 1 });
    expect(first?.reason).toBe("stars, telescope, near in meaning");
  });
});

const text = fc
  .array(
    fc.oneof(fc.constantFrom("camping", "violin", "Ada", "we", "?", "I", "the", "July", "naïve", "💪"), fc.string()),
    {
      maxLength: 12,
    },
  )
  .map((words) => words.join(" "));
const dialogue = fc
  .array(
    fc.record({
      text,
      speaker: fc.constantFrom("Ada", "Bo", ""),
      hours: fc.nat(8),
      /** Which neighbour before it had not come yet, or was gone, when it was read. */
      missing: fc.nat(9),
      nearness: fc.option(fc.float({ noDefaultInfinity: true }), { nil: undefined }),
    }),
    { maxLength: 25 },
  )
  .map((turns) => {
    const records = turns.map(({ text: said, speaker, hours }, at) =>
      turn(at, said, { speaker, at: may + hours * hourMs }),
    );
    return place(records).map((each, at): MemoryCandidate => {
      const { nearness: near, missing } = turns[at] ?? {};
      const seen = { ...each, before: each.before.filter((_, neighbour) => neighbour !== missing) };
      return near === undefined ? seen : { ...seen, nearness: near };
    });
  });

describe("any dialogue and question", () => {
  it("give the same order however the candidates come, each record once, with scores that go down", () => {
    fc.assert(
      fc.property(
        dialogue.chain((candidates) =>
          fc.tuple(fc.constant(candidates), fc.shuffledSubarray(candidates, { minLength: candidates.length })),
        ),
        text,
        fc.integer({ min: 1, max: 30 }),
        ([candidates, shuffled], question, limit) => {
          const query = parseQuery(question, may);
          const ranked = rank(query, candidates, { limit });
          expect(rank(query, shuffled, { limit })).toEqual(ranked);
          expect(new Set(ranked.map(({ record }) => record.id)).size).toBe(ranked.length);
          expect(ranked.length).toBeLessThanOrEqual(limit);
          for (const { score } of ranked) expect(Number.isFinite(score) && score > 0).toBe(true);
          expect(ranked.map(({ score }) => score)).toEqual(ranked.map(({ score }) => score).toSorted((a, b) => b - a));
        },
      ),
    );
  });

  it("keep their order when one asks for fewer", () => {
    fc.assert(
      fc.property(dialogue, text, (candidates, question) => {
        const query = parseQuery(question, may);
        expect(rank(query, candidates, { limit: 3 })).toEqual(rank(query, candidates, { limit: 50 }).slice(0, 3));
      }),
    );
  });
});
