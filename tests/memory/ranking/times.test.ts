import { describe, expect, it } from "vitest";
import { fitTimes, parseTimes } from "../../../src/memory/ranking/times.ts";
import { listWords } from "../../../src/memory/ranking/words.ts";
import { may } from "./turns.ts";

const named = (text: string) => parseTimes(listWords(text), may).named;
const fit = (text: string, at: number, now = may) => fitTimes(parseTimes(listWords(text), now), at);

describe("times of a question", () => {
  it.each([
    ["What did she paint in July 2023?", [{ month: 6, year: 2023 }]],
    ["on 1 February, 2023", [{ month: 1, day: 1, year: 2023 }]],
    ["on February 1st, 2023", [{ month: 1, day: 1, year: 2023 }]],
    ["the 4th of July", [{ month: 6, day: 4 }]],
    ["am 3. Mai 2024", [{ month: 4, day: 3, year: 2024 }]],
    ["le 14 juillet", [{ month: 6, day: 14 }]],
    ["el 6 de enero de 2022", [{ month: 0, day: 6, year: 2022 }]],
    ["in May and in June", [{ month: 4 }, { month: 5 }]],
    ["since March", [{ month: 2 }]],
  ])("are read from: %s", (text, expected) => {
    expect(named(text)).toEqual(expected);
  });

  it("are not read into words that only look like them", () => {
    for (const text of ["May I ask?", "the protest march", "Mars is a planet", "Jan said so", "what may help"])
      expect(named(text)).toEqual([]);
  });

  it("fit what was said in them", () => {
    expect(fit("in May 2023", may)).toBe(1);
    expect(fit("in May 2022", may)).toBe(0);
    expect(fit("in May", may)).toBe(1);
    expect(fit("on 8 May", may)).toBe(1);
    expect(fit("on 9 May", may)).toBe(0.7);
    expect(fit("in June", may)).toBe(0);
    expect(fit("when?", may)).toBe(0);
  });

  it("count from now where they are relative", () => {
    const dayMs = 86_400_000;
    expect(fit("what did we say yesterday", may, may + dayMs)).toBe(1);
    expect(fit("what did we say yesterday", may, may + 3 * dayMs)).toBe(0);
    expect(fit("letzte Woche", may, may + 8 * dayMs)).toBe(1);
    expect(fit("letzte Woche", may, may)).toBe(0);
    expect(fit("last month", may, may + 40 * dayMs)).toBe(1);
  });
});
