import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assembleDigest } from "../../../src/cdc/digest/assemble-digest.ts";
import { checkDigest, fillDigest } from "../../../src/cdc/digest/check-digest.ts";
import { estimatePromptTokens, formatDigestPrompt } from "../../../src/cdc/digest/digest-prompt.ts";
import { anyFacts, linkTo, options, readWeek } from "./digest-facts.ts";

const week = readWeek();
const prompt = formatDigestPrompt(week, 4_000);
if (prompt === undefined) throw new Error("the week does not fit");
const marks = prompt.refs.map((ref) => `- something [#${ref}]`).join("\n");
const good = `41 messages came, 6 need you, and 1 draft waits.\n\n${marks}`;

describe("what a model is given", () => {
  it("stays within its budget, and has no line of anybody else's making", () => {
    fc.assert(
      fc.property(anyFacts, fc.integer({ min: 100, max: 3_000 }), (facts, maxTokens) => {
        const digest = assembleDigest(facts, options);
        const given = formatDigestPrompt(digest, maxTokens);
        if (given === undefined) return;
        expect(estimatePromptTokens(given)).toBeLessThanOrEqual(maxTokens);
        const [, , start, ...rest] = given.text.split("\n");
        const end = rest.indexOf("</items>");
        expect(start).toBe("<items>");
        expect(given.text.match(/<\/?items>/g)).toEqual(["<items>", "</items>"]);
        const items = rest.slice(0, end);
        for (const line of items) expect(line).toMatch(/^(?:\[#\d+\] [a-z ]+: "|happened: \d+ messages? on ")/);
        const ownMarks = Array.from(given.text.matchAll(/\[#(\d+)\]/g), ([, ref]) => Number(ref));
        expect(ownMarks).toEqual(given.refs);
      }),
    );
  });

  it("is nothing where not even one item fits, and all of the week in 4,000 tokens", () => {
    expect(formatDigestPrompt(week, 200)).toBeUndefined();
    expect(prompt.refs).toHaveLength(Object.values(week.sections).flat().length);
    expect(prompt.text).not.toContain("more not shown");
  });
});

describe("what a model wrote", () => {
  it("is taken when it keeps marks and counts, and gets its links from us", () => {
    expect(checkDigest(good, week, prompt)).toEqual({ isRight: true });
    const filled = fillDigest(good, week, prompt, linkTo);
    expect(filled.startsWith("**Mon 2 Mar – Sun 8 Mar**\n\n41 messages came")).toBe(true);
    expect(filled).not.toContain("[#");
    expect(filled.match(/\]\(https:\/\/parlance\.example\.org\//g)).toHaveLength(prompt.refs.length);
    expect(fillDigest(good, week, prompt)).toContain("something · `/drafts 3f9a2c`");
  });

  it("is not taken when any one mark or count is lost", () => {
    fc.assert(
      fc.property(fc.constantFrom(...prompt.refs), (ref) => {
        expect(checkDigest(good.replace(`[#${ref}]`, ""), week, prompt)).toEqual({
          isRight: false,
          faults: [`it lost [#${ref}]`],
        });
      }),
    );
    for (const [from, to, fault] of [
      ["41", "many", "it lost the number of messages"],
      ["6 need", "some need", "it lost the number of what needs an answer"],
      ["1 draft", "a draft", "it lost the number of drafts"],
    ] as const)
      expect(checkDigest(good.replace(from, to), week, prompt)).toMatchObject({ faults: [fault] });
  });

  it.each([
    ["See https://evil.example.org", "it has an address"],
    ["See evil.example", "it has what reads as an address"],
    ["[Gil][1]", "it has a link of its own"],
    ["[pay](now)", "it has a link of its own"],
    ["![x][y]", "it has a link of its own"],
    ["<b>Gil</b>", "it has HTML"],
    ["Hello @everyone", "it calls somebody"],
    ["Write /approve now", "it has a command"],
    ["and 77 more", "it has a number that nobody gave it"],
    ["[#99]", "it has marks that nobody gave it"],
    ["a".repeat(4_000), "it is too long"],
  ])("is not taken with %s", (addition, fault) => {
    const found = checkDigest(`${good}\n${addition}`, week, prompt);
    expect(found).toMatchObject({ isRight: false, faults: expect.arrayContaining([fault]) as unknown });
  });

  it("is not taken when it is empty", () => expect(checkDigest(" ", week, prompt).isRight).toBe(false));

  it("is held to what fitted into the budget, and the rest is counted", () => {
    const small = formatDigestPrompt(week, 400);
    if (small === undefined) throw new Error("nothing fits");
    const more = prompt.refs.length - small.refs.length;
    expect(more).toBeGreaterThan(0);
    const text = `41 messages, 6 need you, 1 draft. ${small.refs.map((ref) => `[#${ref}]`).join(" ")}`;
    expect(checkDigest(text, week, small)).toEqual({ isRight: true });
    expect(fillDigest(text, week, small, linkTo)).toMatch(new RegExp(`and ${more} more$`));
  });
});
