import { describe, expect, it } from "vitest";
import { finishDraft } from "../../src/style/compose.ts";
import { learnFromEdit, type EditLesson } from "../../src/style/edits/learn-from-edit.ts";
import { learnRules } from "../../src/style/edits/rules.ts";
import { compareTexts } from "../../src/style/edits/similarity.ts";
import { learnStyle } from "../../src/style/learn.ts";
import { careful, writeMessages } from "./owners.ts";

const things = [
  "the bill",
  "our plan",
  "the second page",
  "the key",
  "that photo",
  "the report",
  "the ladder",
  "her letter",
];
const news = ["is in the folder", "will be ready on Monday", "was sent at 14:30", "costs 45 euros", "is not here yet"];

/** What a model writes that knows no manner. */
function writeDraft(index: number): string {
  const thing = things[index % things.length] ?? "";
  const said = news[index % news.length] ?? "";
  return `I have looked, and ${thing} ${said}. Please let me know if you have any questions.\n\nBest regards,\nKim`;
}

/** The owner's fixed rule: shorter, in lower case, and signed otherwise. */
function edit(draft: string): string {
  return draft
    .replace(" Please let me know if you have any questions.", "")
    .replace(/^\p{L}/u, (letter) => letter.toLowerCase())
    .replaceAll(/\bI\b/g, "i")
    .replace(/\n+Best regards,\nKim$/, "\n\nCheers,\nk");
}

/** How much of a draft the owner has to change. */
const effort = (draft: string, wanted: string): number => 1 - compareTexts(draft, wanted);

describe.each([
  ["without a profile", undefined],
  ["with a profile of another manner", learnStyle(writeMessages(careful))],
])("15 drafts edited by a fixed rule, %s", (_, profile) => {
  const finish = (draft: string, lessons: readonly EditLesson[]): string =>
    finishDraft(profile, {}, draft, { rules: learnRules(lessons) }).text;
  const teach = (change: (draft: string, index: number) => string): readonly EditLesson[] => {
    const lessons: EditLesson[] = [];
    for (let index = 0; index < 15; index++) {
      const draft = finish(writeDraft(index), lessons);
      lessons.push(learnFromEdit(draft, change(draft, index)));
    }
    return lessons;
  };
  const taught = teach(edit);
  const untaught = finish(writeDraft(15), []);
  const wanted = edit(untaught);

  it("leave next to nothing to edit in the 16th", () => {
    expect(effort(untaught, wanted)).toBeGreaterThan(0.15);
    expect(effort(finish(writeDraft(15), taught), wanted)).toBeLessThan(0.05);
  });

  it("leave less to edit with each that is learned from", () => {
    const after = [0, 3, 15].map((count) => effort(finish(writeDraft(15), taught.slice(0, count)), wanted));
    expect(after[1]).toBeLessThan(after[0] ?? 0);
    expect(after[2]).toBeLessThanOrEqual(after[1] ?? 0);
  });

  it("are not needed all, but one or two are no rule", () => {
    expect(finish(writeDraft(15), taught.slice(0, 2))).toBe(untaught);
    expect(finish(writeDraft(15), taught.slice(0, 3))).not.toBe(untaught);
  });

  it("teach nothing where the owner edits without a rule, or sends as they are", () => {
    const ends = ["Cheers,\nk", "Regards,\nKim", "Thanks,\nKim", "Best,\nKim", "See you,\nKim"];
    const atRandom = teach((draft, index) =>
      draft
        .replace("I have looked", `I looked${" again".repeat(index % 4)}`)
        .replace("Best regards,\nKim", ends[index % 5] ?? ""),
    );
    for (const lessons of [atRandom, teach((draft) => draft)])
      expect(finish(writeDraft(15), lessons)).toBe(finish(writeDraft(15), []));
  });

  it("keep the facts of the 16th", () => {
    for (let index = 15; index < 55; index++) {
      const facts = (text: string): readonly string[] => text.match(/\d[\d:]*|Monday/g) ?? [];
      const draft = writeDraft(index);
      expect(facts(finish(draft, taught))).toEqual(facts(draft));
    }
  });
});

describe("a habit that edits have taught", () => {
  const afterEdits = (edits: readonly ((draft: string) => string)[]): string => {
    const lessons: EditLesson[] = [];
    const finish = (index: number): string =>
      finishDraft(undefined, {}, writeDraft(index), { rules: learnRules(lessons) }).text;
    edits.forEach((change, index) => {
      const draft = finish(index);
      lessons.push(learnFromEdit(draft, change(draft)));
    });
    return finish(edits.length);
  };
  const sign =
    (as: string) =>
    (draft: string): string =>
      draft.replace(/\n\n(?:Best regards,\nKim|Cheers,\nk|kim)$/, `\n\n${as}`);
  const reword = (draft: string): string => draft.replace(/have looked, and/i, "asked around again this morning:");
  const times = <Item>(count: number, item: Item): readonly Item[] => Array.from({ length: count }, () => item);

  it("stays while the owner changes other things", () => {
    expect(afterEdits([...times(3, sign("Cheers,\nk")), ...times(45, reword)])).toMatch(/\n\nCheers,\nk$/);
    expect(afterEdits(times(8, reword))).toMatch(/\n\nBest regards,\nKim$/);
  });

  it("is none that the owner only left as it was", () => {
    const lessons = Array.from({ length: 8 }, (_, index) =>
      learnFromEdit(writeDraft(index), reword(writeDraft(index))),
    );
    expect(lessons.every(({ kind }) => kind !== "unchanged")).toBe(true);
    expect(learnRules(lessons)).toEqual({ dropped: [] });
  });

  it("changes nothing about a draft that it does not concern", () => {
    const text = "so  it is,\n\n\nand stays.";
    expect(finishDraft(undefined, {}, text, { rules: { dropped: ["thanks"] } }).text).toBe(text);
  });

  it("goes when the owner has another one", () => {
    const edits = [...times(4, sign("Cheers,\nk")), ...times(10, sign("Best regards,\nKim"))];
    expect(afterEdits(edits)).toMatch(/\n\nBest regards,\nKim$/);
  });

  it("may be a name alone, or nothing", () => {
    expect(afterEdits(times(5, sign("kim")))).toMatch(/questions\.\n\nkim$/);
    expect(afterEdits([...times(3, sign("kim")), ...times(8, reword)])).toMatch(/questions\.\n\nkim$/);
    expect(afterEdits(times(5, (draft) => sign("")(draft).trimEnd()))).toMatch(/questions\.$/);
  });
});
