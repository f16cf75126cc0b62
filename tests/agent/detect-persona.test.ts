import { readFileSync } from "node:fs";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { createPersonaDetector, type Occasion } from "../../src/agent/detect-persona.ts";
import type { Persona } from "../../src/core/persona.ts";
import { loadPersonas } from "../../src/definitions/load-personas.ts";
import { root } from "../architecture/read-sources.ts";

let shipped: readonly Persona[];
beforeAll(async () => {
  const { personas, faults } = await loadPersonas([`${root}personas`], { maxSteps: 20 });
  expect(faults).toEqual([]);
  shipped = [...personas.values()];
});

const detectors = new Map<readonly Persona[], ReturnType<typeof createPersonaDetector>>();
function detectorOf(personas: readonly Persona[]) {
  let detector = detectors.get(personas);
  if (detector === undefined) detectors.set(personas, (detector = createPersonaDetector(personas)));
  return detector;
}
const find = (text: string, more: Partial<Occasion> = {}, personas = shipped) =>
  detectorOf(personas)({ text, channel: "web", senderId: "web:ada", ...more });

function createPersona(name: string, when: Persona["when"]): Persona {
  const base = { name, description: "", instructions: "Answer.", replyMode: "auto", maxSteps: 5 } as const;
  return when === undefined ? base : { ...base, when };
}

describe("the shipped personas", () => {
  const scenes = readFileSync(`${root}tests/fixtures/personas/scenes.txt`, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split("\t") as [string, string]);

  it("are found where they are needed, each of them", () => {
    expect(scenes.length).toBeGreaterThan(200);
    for (const [persona, own] of Map.groupBy(scenes, ([name]) => name)) {
      const right = own.filter(([, text]) => (find(text)?.persona.name ?? "general") === persona).length;
      expect(right / own.length, persona).toBeGreaterThanOrEqual(0.8);
    }
  });

  it("leave everyday talk to general, and seldom take what is another's", () => {
    const everyday = scenes.filter(([name]) => name === "general");
    expect(everyday.filter(([, text]) => find(text) !== undefined).length).toBeLessThanOrEqual(1);
    const taken = scenes.filter(([name, text]) => ![name, undefined].includes(find(text)?.persona.name));
    expect(taken.length / scenes.length).toBeLessThan(0.03);
  });

  it("are found with a reason that was really said", () => {
    for (const [, text] of scenes) {
      const reason = find(text)?.reason ?? "";
      for (const [, word = ""] of reason.matchAll(/“([^”]+)”/g)) expect(text.toLowerCase()).toContain(word);
    }
  });
});

describe("detection", () => {
  const build = createPersona("build", {
    words: ["compiler!", "linker!", "error", "build?", "red?"],
    patterns: ["\\bmakefile\\b"],
  });
  const shop = createPersona("shop", { words: ["order!", "error"], channels: ["sales"], people: ["web:bob"] });
  const quiet = createPersona("quiet", undefined);
  const all = [build, shop, quiet];

  it("goes by the person first, then by the channel, then by what is said", () => {
    const text = "the compiler and the linker";
    expect(find(text, { senderId: "web:bob" }, all)).toMatchObject({ persona: shop, reason: "it is made for you" });
    expect(find(text, { channel: "sales" }, all)).toMatchObject({
      persona: shop,
      reason: "it is made for this channel",
    });
    expect(find(text, {}, all)).toMatchObject({ persona: build, reason: "you said “compiler” and “linker”" });
  });

  it("takes endings of words, and no words within words", () => {
    expect(find("two compilers", {}, all)?.persona).toBe(build);
    expect(find("my orders", {}, all)?.persona).toBe(shop);
    expect(find("a border", {}, all)).toBeUndefined();
  });

  it("shares what several claim, and needs more than everyday words", () => {
    expect(find("an error", {}, all)).toBeUndefined();
    expect(find("the build", {}, all)).toBeUndefined();
    expect(find("the build is red", {}, all)?.persona).toBe(build);
  });

  it("keeps who answered before for a short follow-up, and for a draw", () => {
    expect(find("and why?", { before: "shop" }, all)).toMatchObject({ persona: shop, reason: "it answered before" });
    expect(
      find("What shall we have for dinner tonight with the guests from abroad?", { before: "shop" }, all),
    ).toBeUndefined();
    expect(find("order a compiler", { before: "shop" }, all)?.persona).toBe(shop);
    expect(find("order a compiler", { before: "build" }, all)?.persona).toBe(build);
    expect(find("and why?", { before: "gone" }, all)).toBeUndefined();
  });

  it("takes any text, and is not moved by the order of the personas where one is best", () => {
    const turned = all.toReversed();
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
        const found = find(text, {}, all);
        if (found !== undefined) expect(find(text, {}, turned)?.score).toBe(found.score);
      }),
    );
  });
});
