import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPromiseFinder } from "../../src/cdc/promises/find-promises.ts";
import {
  fifthScenes,
  firstScenes,
  fourthScenes,
  scenesAt,
  secondScenes,
  sixthScenes,
  thirdScenes,
  type PromiseScene,
} from "./promise-scenes.ts";

const findPromises = createPromiseFinder();
const moment = { now: Date.parse(scenesAt), timeZone: "Europe/Berlin" };
const findDue = (text: string) => findPromises(text, moment).map(({ due = "" }) => due);
const isRight = ([, text, ...due]: PromiseScene) => JSON.stringify(findDue(text)) === JSON.stringify(due);
const scenes = [...firstScenes, ...secondScenes, ...thirdScenes, ...fourthScenes, ...fifthScenes, ...sixthScenes];
const name = ([language, text]: PromiseScene) => `${language}: ${text}`;

describe("promises", () => {
  it("are looked for in many scenes, in four languages, both ways", () => {
    expect(scenes.length).toBeGreaterThanOrEqual(80);
    for (const language of ["en", "de", "fr", "es"])
      for (const isMade of [true, false])
        expect(
          scenes.filter(([of, , ...due]) => of === language && due.length > 0 === isMade).length,
          language,
        ).toBeGreaterThanOrEqual(10);
  });

  it.each<[string, (scene: PromiseScene) => boolean]>([
    ["are found where they are made, with their day", (scene) => scene.length > 2],
    ["are not found where none is made", (scene) => scene.length === 2],
  ])("%s", (_what, isMeant) => {
    const meant = scenes.filter(isMeant);
    const wrong = meant.filter((scene) => !isRight(scene));
    const shown = wrong.map((scene) => `${name(scene)} → ${JSON.stringify(findDue(scene[1]))}`).join("\n");
    expect(1 - wrong.length / meant.length, shown).toBeGreaterThanOrEqual(0.9);
  });

  it("are not made by quoting somebody, whatever they promise", () => {
    fc.assert(
      fc.property(fc.constantFrom(...scenes), ([, text]) => {
        const quoted = text.split("\n").map((line) => `> ${line}`);
        expect(findPromises(`Thanks!\n\n${quoted.join("\n")}`, moment)).toEqual([]);
        expect(findPromises("```\n" + text + "\n```", moment)).toEqual([]);
      }),
    );
  });

  it("are found in any text without failing, each in one short line", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...scenes.map(([, text]) => text)), fc.string())), (texts) => {
        const found = findPromises(texts.join(" "), moment);
        expect(found.length).toBeLessThanOrEqual(5);
        for (const { text, due = "2026-03-04" } of found) {
          expect(text.length).toBeLessThanOrEqual(200);
          expect(text).not.toContain("\n");
          expect(due).toMatch(/^\d{4}-\d\d-\d\d(?: \d\d:\d\d)?$/);
        }
      }),
    );
  });

  it.each([
    ["I'll send it", "if you want", "if that's ok"],
    ["Ich schicke es dir morgen", "falls du willst", "wenn das ok ist"],
    ["Je te l'envoie demain", "si tu veux", "si ça te va"],
    ["Te lo mando mañana", "si quieres", "si te parece bien"],
  ])("that hinge on something are none, and courtesy is no condition: %s", (promise, condition, courtesy) => {
    expect(findPromises(`${promise}, ${condition}.`, moment)).toEqual([]);
    expect(findPromises(`${promise}, ${courtesy}.`, moment)).toHaveLength(1);
  });

  it("keep the clause that each was made in", () => {
    expect(findPromises("I'll call Ana today and I'll send the contract by Monday at 5pm.", moment)).toEqual([
      { text: "I'll call Ana today", due: "2026-03-04" },
      { text: "I'll send the contract by Monday at 5pm.", due: "2026-03-09 17:00" },
    ]);
  });
});
