import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Manner, OwnMessage, StyleProfile } from "../../src/core/style.ts";
import { nameAudiences } from "../../src/style/audiences.ts";
import { finishDraft, needsRewrite, prepareStyle } from "../../src/style/compose.ts";
import { formatStyleGuide } from "../../src/style/guide.ts";
import { learnStyle } from "../../src/style/learn.ts";
import { measure, pickManner } from "../../src/style/measure.ts";
import { parseProfile } from "../../src/style/parse-profile.ts";
import { careful, hasty, mails, writeMessages } from "./owners.ts";

function learn(messages: readonly OwnMessage[]): StyleProfile {
  const profile = learnStyle(messages);
  if (profile === undefined) throw new Error("Too few messages.");
  return profile;
}

const profiles = [hasty, careful, mails, [...hasty, ...mails]].map((texts) => learn(writeMessages(texts)));
const ofHasty = learn(writeMessages(hasty));

const names = ["Anna", "Bob", "kim", "O'Neil", "Zoë"];
const piece = fc.oneof(
  fc.constantFrom(
    ...names,
    "I am",
    "do not",
    "Hi",
    "Thanks",
    "Best,",
    "\n",
    "\n\n",
    ":)",
    "👍",
    "This is it.",
    "!",
    "...",
    "- one",
  ),
  fc.constantFrom(
    "`ls -l`",
    "```\nrm 1\n```",
    "https://example.org/a?b=1.",
    "kim@example.org",
    "1,250.50",
    "14:30",
    "3.2.1",
    "v2",
    "2026-03-02",
    "C:\\Temp",
    '"quoted 5"',
  ),
  fc.string({ maxLength: 12 }),
);
const drafts = fc.array(piece, { maxLength: 14 }).map((pieces) => `Anna has it. ${pieces.join(" ")}`);

describe("the guide", () => {
  it("has at most 1,500 characters whatever is in the profile, and always its first line", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 2_000 }),
      fc.constantFrom("x".repeat(1_480), '"'.repeat(700)),
    );
    const phrases = fc.array(fc.record({ text, share: fc.double() }), { maxLength: 6 });
    fc.assert(
      fc.property(
        fc.constantFrom(...profiles),
        phrases,
        phrases,
        fc.double(),
        fc.record({
          to: fc.string(),
          channel: fc.string(),
          formality: fc.constantFrom("formal" as const, "casual" as const),
        }),
        (profile, greetings, signOffs, number, audience) => {
          const odd: Manner = {
            ...profile.general,
            greetings,
            signOffs,
            emoji: greetings,
            languages: signOffs,
            spreads: { ...profile.general.spreads, words: { low: number, median: number, high: number } },
          };
          const audiences = { [nameAudiences(audience)[0] ?? ""]: odd };
          for (const each of [profile, { ...profile, general: odd }, { ...profile, audiences }]) {
            const guide = formatStyleGuide(each, audience);
            expect(guide.length).toBeLessThanOrEqual(1_500);
            expect(guide).toMatch(/^Write as the owner writes/);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("before a draft is written", () => {
  const samples = writeMessages(
    [
      "the cable is in the drawer, ask anna",
      "no idea about the bill",
      "the cable again? run `ls`",
      "cable cable",
      "see you",
    ],
    10,
  );

  it("gives the guide and the three own messages that are nearest to what is asked", () => {
    const { guide, examples } = prepareStyle(ofHasty, samples, { asked: "Where is the cable?" });
    expect(guide).toBe(formatStyleGuide(ofHasty));
    expect(examples).toHaveLength(3);
    for (const example of examples) expect(example).toContain("cable");
    expect(examples.join("\n")).not.toContain("ls");
    expect(new Set(examples).size).toBe(3);
  });

  it("prefers what was written to the same person, then on the same channel", () => {
    const more = [
      ...writeMessages(["the cable is fine"], 1, { to: "bob", channel: "irc" }),
      ...writeMessages(["which cable"], 1, { channel: "irc" }),
      ...samples,
    ];
    const audience = { to: "bob", channel: "irc" };
    expect(prepareStyle(ofHasty, more, { audience, asked: "the cable?" }).examples.slice(0, 2)).toEqual([
      "the cable is fine",
      "which cable",
    ]);
  });

  it("says nothing while fewer than 20 messages are known", () => {
    const few = { ...ofHasty, general: { ...ofHasty.general, messages: 19 } };
    for (const profile of [undefined, few]) {
      expect(prepareStyle(profile, samples, { asked: "the cable" })).toEqual({ guide: "", examples: [] });
      const finished = finishDraft(profile, {}, "I do not know.");
      expect(finished).toEqual({ text: "I do not know.", score: 0.5, inRange: true, features: [], changed: [] });
    }
  });
});

describe("when a draft is finished", () => {
  it("has the owner's habits, a score nearer to the owner, and says what was changed", () => {
    const draft = "I do not know. It is not the cable.";
    const finished = finishDraft(ofHasty, {}, draft);
    expect(finished.text).toBe("i dont know. It isnt the cable");
    expect(finished.changed).toEqual(["wording"]);
    expect(finished.score).toBeGreaterThan(measure(draft, ofHasty).score);
    expect(finishDraft(ofHasty, {}, "Maybe it works.").changed).toEqual(["case", "punctuation"]);
    expect(finishDraft(ofHasty, {}, "I do not know.")).toMatchObject({ text: "i dont know", inRange: true });
  });

  it("has the owner's last sign also where an emoji stood behind it", () => {
    const plain = learn(writeMessages(hasty.filter((text) => /\p{L}$/u.test(text))));
    expect(finishDraft(plain, {}, "It works again. :)").text).toBe("it works again");
  });

  it("never changes a fact, and doing it twice changes nothing more", () => {
    const facts = (text: string): readonly string[] =>
      (text.match(/`[^`\n]+`|https?:\/\/\S+\w|\S+@\S+\w|\d[\d.,:/-]*\d|\d/g) ?? []).toSorted();
    const rules = fc.record({
      signOff: fc.constantFrom("", "kim", "Cheers,\nKim"),
      start: fc.constantFrom("lower" as const, "upper" as const),
      dropped: fc.constantFrom([], ["this is it"], ["thanks"]),
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...profiles),
        drafts,
        fc.option(rules, { nil: undefined }),
        (profile, text, taught) => {
          const about = { thread: { name: "Anna", names }, ...(taught !== undefined && { rules: taught }) };
          const once = finishDraft(profile, {}, text, about);
          expect(facts(once.text)).toEqual(facts(text));
          for (const name of names)
            expect(once.text.split(name).length).toBeGreaterThanOrEqual(text.split(name).length);
          expect(once.changed.length === 0).toBe(once.text.trim() === text.trim());
          expect(finishDraft(profile, {}, once.text, about).text.trim()).toBe(once.text.trim());
        },
      ),
      { numRuns: 500 },
    );
  });

  it("lets what the owner's edits taught outrank the manner", () => {
    const profile = learn(writeMessages(mails));
    const text = "Hi Anna,\n\nthe files are there.\n\nRegards,\nBot";
    expect(finishDraft(profile, {}, text).text).toContain("Cheers,\nKim");
    const rules = { signOff: "k.", dropped: [] };
    expect(finishDraft(profile, {}, text, { rules }).text).toMatch(/\n\nk\.$/);
  });
});

describe("a draft outside the owner's range", () => {
  const finished = finishDraft(ofHasty, {}, "Dear Sir or Madam, I shall investigate; kindly await further notice.");

  it("is written again, with what differs and what must stay", () => {
    expect(finished.inRange).toBe(false);
    const instruction = needsRewrite(finished, "the guide") ?? "";
    expect(instruction).toContain("Keep every fact");
    expect(instruction).toContain(`- ${finished.features[0]}`);
    expect(instruction.length).toBeLessThanOrEqual(2_000);
  });

  it("is left as it is when it lies within, or when nothing is known of the owner", () => {
    expect(needsRewrite(finishDraft(ofHasty, {}, "i dont know, maybe its the cable"), "the guide")).toBeUndefined();
    expect(needsRewrite(finished, "")).toBeUndefined();
  });
});

describe("audiences", () => {
  const writes = (to: string, count: number): readonly OwnMessage[] => writeMessages(careful, count, { to });

  it("of fewer than 20 messages write in the general manner", () => {
    const profile = learn([...writeMessages(hasty, 60), ...writes("boss", 19)]);
    expect(pickManner(profile, { to: "boss" })).toBe(profile.general);
    const known = learn([...writeMessages(hasty, 60), ...writes("boss", 20)]);
    expect(pickManner(known, { to: "boss" })).toBe(known.audiences["to:boss"]);
    const read = parseProfile(JSON.stringify(known).replace('"to:boss":{"messages":20', '"to:boss":{"messages":19'));
    expect(pickManner(read, { to: "boss" })).toBe(read.general);
  });

  it("are told by person before channel before formality", () => {
    const formal = ["Dear Anna,\nI have it.\nKind regards,\nKim", "Dear Bob,\nIt is done.\nKind regards,\nKim"];
    const profile = learn([
      ...writeMessages(hasty, 40, { to: "kim", channel: "irc" }),
      ...writeMessages(formal, 40, { to: "office", channel: "email" }),
    ]);
    const audience = { to: "nobody", channel: "nowhere", formality: "formal" as const };
    expect(pickManner(profile, audience)).toBe(profile.audiences["formality:formal"]);
    expect(pickManner(profile, { ...audience, channel: "irc" })).toBe(profile.audiences["channel:irc"]);
    expect(pickManner(profile, { ...audience, channel: "email", to: "office" })).toBe(
      profile.audiences["email to:office"],
    );
    expect(profile.audiences["formality:formal"]?.messages).toBe(40);
  });
});

describe("what is 90 days older", () => {
  it("counts half, and 180 days a quarter", () => {
    const day = 864e5;
    const at = (days: number): readonly OwnMessage[] =>
      Array.from({ length: 20 }, (_, index) => ({ text: `no ${index}`, at: 1e12 - days * day }));
    expect(learn([...at(0), ...at(90), ...at(180)]).general.weight).toBeCloseTo(20 * 1.75, 1);
  });
});
