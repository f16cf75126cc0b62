import { describe, expect, it } from "vitest";
import { irregularForms } from "../../../src/memory/ranking/irregular.ts";
import { stem } from "../../../src/memory/ranking/stem.ts";
import { fold, listWords, tokenize, toTerm } from "../../../src/memory/ranking/words.ts";

describe("stem", () => {
  // The examples of Porter's paper, through all steps.
  it.each([
    ["caresses", "caress"],
    ["ponies", "poni"],
    ["cats", "cat"],
    ["agreed", "agre"],
    ["plastered", "plaster"],
    ["motoring", "motor"],
    ["sing", "sing"],
    ["conflated", "conflat"],
    ["hopping", "hop"],
    ["falling", "fall"],
    ["filing", "file"],
    ["happy", "happi"],
    ["sky", "sky"],
    ["relational", "relat"],
    ["conditional", "condit"],
    ["vietnamization", "vietnam"],
    ["operator", "oper"],
    ["hopefulness", "hope"],
    ["sensibiliti", "sensibl"],
    ["triplicate", "triplic"],
    ["electrical", "electr"],
    ["goodness", "good"],
    ["revival", "reviv"],
    ["adjustment", "adjust"],
    ["adoption", "adopt"],
    ["effective", "effect"],
    ["probate", "probat"],
    ["rate", "rate"],
    ["controll", "control"],
    ["roll", "roll"],
    ["yellow", "yellow"],
    ["eyed", "ey"],
    ["eyes", "ey"],
  ])("makes %s to %s", (word, expected) => {
    expect(stem(word)).toBe(expected);
  });

  it("leaves digits and letters beyond a to z as they are", () => {
    expect(["2023s", "größing", "日本語"].map(stem)).toEqual(["2023s", "größing", "日本語"]);
  });

  it("keeps the first two letters, on which the counting of concepts relies", () => {
    const words = listWords(
      [...irregularForms.keys(), ...irregularForms.values(), "yes yellow eyes ied ying es"].join(" "),
    );
    for (const word of words) expect(stem(word).slice(0, 2)).toBe(word.slice(0, 2));
  });
});

describe("words", () => {
  it("are the same with and without accents, signs and emoji", () => {
    expect(listWords("Caroline’s café — “Übung” in the Straße 💪🏽 10½x")).toEqual(
      listWords("caroline's cafe ubung in the strasse 10 x"),
    );
    expect(fold("plain ascii, Kept")).toBe("plain ascii, kept");
  });

  it("hold letters of every script", () => {
    expect(listWords("Привет, мир! 東京 नमस्ते")).toHaveLength(4);
  });

  it("meet as terms across numbers, tenses and shorthand", () => {
    const pairs = [
      ["went", "going"],
      ["kids", "children"],
      ["pics", "photograph"],
      ["adopted", "adoption"],
      ["two", "2"],
      ["bought", "buys"],
    ] as const;
    for (const [one, other] of pairs) expect(toTerm(one)).toBe(toTerm(other));
  });
});

describe("terms of a text", () => {
  it("leave out what carries no subject", () => {
    expect(tokenize("When did she go to the support group?")).toEqual(["go", "support", "group"]);
    expect(tokenize("Wann war das Treffen mit der Gruppe?")).toEqual(["war", "treffen", "grupp"]);
    expect(tokenize("Quand est la réunion avec le client ?")).toEqual(["reunion", "client"]);
    expect(tokenize("¿Cuándo es la reunión con el cliente?")).toEqual(["reunion", "client"]);
  });

  it("keep words that are grammar in one language and a subject in another", () => {
    for (const word of ["die", "war", "hat", "son", "pour", "sin", "chat", "main", "gift", "rat", "pain", "art"])
      expect(toTerm(word)).toBeDefined();
  });
});
