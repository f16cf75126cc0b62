import { describe, expect, it } from "vitest";
import { createClassifier } from "../../src/cdc/classify.ts";
import { findMistakes, readScenes } from "./scenes.ts";

const classify = createClassifier();
const scenes = [...readScenes("first"), ...readScenes("second"), ...readScenes("third")];

describe("scenes of chats, threads and mail", () => {
  it("are many, in four languages", () => {
    expect(scenes.length).toBeGreaterThanOrEqual(120);
    expect(new Set(scenes.map(({ text, channel }) => `${channel} ${text}`)).size).toBe(scenes.length);
    for (const language of ["en", "de", "fr", "es"])
      expect(scenes.filter((scene) => scene.language === language).length, language).toBeGreaterThanOrEqual(20);
  });

  const classes = [...Map.groupBy(scenes, (scene) => scene.class)];
  it.each(classes)("are understood: %s", (_class, each) => {
    const wrong = each.flatMap((scene) => findMistakes(classify, scene).map((mistake) => `${scene.text}: ${mistake}`));
    const right = each.filter((scene) => findMistakes(classify, scene).length === 0).length;
    expect(right / each.length, wrong.join("\n")).toBeGreaterThanOrEqual(0.95);
  });

  it("would not be understood by something that says the same of all", () => {
    const constant = () => classify({ text: "Can you help?" }, { now: 0, timeZone: "UTC" });
    const right = scenes.filter((scene) => findMistakes(constant, scene).length === 0).length;
    expect(right / scenes.length).toBeLessThan(0.4);
  });
});
