import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { learnStyle } from "../../src/style/learn.ts";
import { createStyleMeter, measure, pickManner } from "../../src/style/measure.ts";
import { parseProfile } from "../../src/style/parse-profile.ts";
import type { StyleProfile } from "../../src/core/style.ts";
import { careful, hasty, mails, writeMessages } from "./owners.ts";

export function learn(...parameters: Parameters<typeof learnStyle>): StyleProfile {
  const profile = learnStyle(...parameters);
  if (profile === undefined) throw new Error("Too few messages.");
  return profile;
}

describe("learning", () => {
  it("wants 20 messages with words of the owner's own", () => {
    expect(learnStyle(writeMessages(hasty, 19))).toBeUndefined();
    expect(learnStyle(writeMessages(["> quoted"], 60))).toBeUndefined();
    expect(learnStyle(writeMessages(hasty, 20))).toBeDefined();
  });

  it("does not mind the order of messages, only their times", () => {
    const messages = writeMessages([...hasty, ...careful]);
    expect(learnStyle(messages.toReversed())).toEqual(learnStyle(messages));
    const later = messages.map((message, index) => ({ ...message, at: message.at + index * 1e9 }));
    expect(learnStyle(later)).not.toEqual(learnStyle(messages));
  });

  it("lets what is old fade: after a year the new manner counts", () => {
    const old = writeMessages(careful, 100);
    const recent = writeMessages(hasty, 100).map((message) => ({ ...message, at: message.at + 365 * 864e5 }));
    const share = (profile: StyleProfile): number => profile.general.shares["start"]?.["lower"] ?? 0;
    const half = share(learn([...old, ...writeMessages(hasty, 100)]));
    expect(half).toBeGreaterThan(0.4);
    expect(half).toBeLessThan(0.65);
    expect(share(learn([...old, ...recent]))).toBeGreaterThan(0.8);
  });

  it("finds greetings, sign-offs, emoji and languages", () => {
    const { general } = learn(writeMessages(mails));
    expect(general.greetings).toEqual([{ text: "Hi {name},", share: 1 }]);
    expect(general.signOffs).toEqual([{ text: "Cheers,\nKim", share: 1 }]);
    expect(general.languages.map(({ text }) => text)).toContain("en");
    expect(learn(writeMessages(hasty)).general.emoji.map(({ text }) => text)).toEqual([":)"]);
  });

  it("keeps audiences apart, with the general manner for those it does not know", () => {
    const profile = learn([
      ...writeMessages(hasty, 60, { to: "kim", channel: "irc" }),
      ...writeMessages(careful, 60, { to: "boss" }),
    ]);
    expect(Object.keys(profile.audiences).toSorted()).toEqual(["channel:irc", "irc to:kim", "to:boss"]);
    expect(pickManner(profile, { to: "kim", channel: "irc" }).shares["start"]?.["lower"]).toBeGreaterThan(0.8);
    expect(pickManner(profile, { to: "boss" }).shares["start"]?.["lower"]).toBeLessThan(0.2);
    expect(pickManner(profile, { to: "nobody", channel: "irc" })).toEqual(profile.audiences["channel:irc"]);
    expect(pickManner(profile, { to: "__proto__" })).toBe(profile.general);
  });

  it("takes a namesake on another channel for somebody else", () => {
    const profile = learn([
      ...writeMessages(hasty, 60, { to: "kim", channel: "irc" }),
      ...writeMessages(careful, 60, { to: "kim", channel: "mail" }),
      ...writeMessages(careful, 60, { to: "lee" }),
    ]);
    expect(pickManner(profile, { to: "kim", channel: "irc" })).toBe(profile.audiences["irc to:kim"]);
    expect(pickManner(profile, { to: "kim", channel: "mail" })).toBe(profile.audiences["mail to:kim"]);
    for (const audience of [{ to: "kim" }, { to: "kim", channel: "sms" }, { to: "lee", channel: "sms" }])
      expect(pickManner(profile, audience)).toBe(profile.general);
  });

  it("has no message in a profile, and survives JSON", () => {
    const profile = learn(writeMessages([...hasty, "the password is hunter2 and anna@example.org knows"]));
    const json = JSON.stringify(profile);
    for (const secret of ["hunter2", "anna@", "password", "cable", "drawer"]) expect(json).not.toContain(secret);
    expect(parseProfile(json)).toEqual(profile);
  });

  it("stays under 200 kB whatever comes in, and scores stay finite", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 200 }),
      fc.constantFrom(...hasty, ...careful, ...mails),
    );
    const message = fc.record({ text, at: fc.double(), to: fc.string(), channel: fc.string() });
    fc.assert(
      fc.property(
        fc.array(message, { minLength: 20, maxLength: 120 }),
        fc.array(text, { maxLength: 8 }),
        (messages, texts) => {
          const profile = learnStyle(messages);
          if (profile === undefined) return;
          expect(JSON.stringify(profile).length).toBeLessThan(200_000);
          const { score, features } = createStyleMeter(profile).measure(texts);
          expect(score).toBeGreaterThanOrEqual(0);
          expect(score).toBeLessThanOrEqual(1);
          expect(features.length).toBeLessThanOrEqual(5);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("bounds a profile of a thousand audiences, each with names of a megabyte", () => {
    const messages = Array.from({ length: 4_000 }, (_, index) => ({
      text: `${hasty[index % hasty.length]}`,
      at: index,
      to: `${index % 100}${"x".repeat(10_000)}`,
      channel: `${index % 50}`,
    }));
    expect(JSON.stringify(learnStyle(messages)).length).toBeLessThan(200_000);
  });

  it("takes messages of a megabyte", () => {
    const parts = ["a", "hi ", "i ", ".", "!?", "a, ", "'s ", "\n", "@a ", ":", "(", "👍", "a:b/"];
    const messages = writeMessages(
      parts.map((part) => part.repeat(1_000_000 / part.length)),
      26,
    );
    expect(learn(messages).general.messages).toBeGreaterThan(0);
  });
});

describe("measuring", () => {
  const profile = learn(writeMessages(hasty));

  it("puts the owner's own above others' in the same manner, and those above another manner", () => {
    const own = measure("kim: i dont know, maybe its the cable", profile);
    const other = measure("I do not know. Perhaps it is the cable.", profile);
    expect(own.score).toBeGreaterThan(0.5);
    expect(other.score).toBeLessThan(0.5);
    expect(own.inRange).toBe(true);
    expect(other.inRange).toBe(false);
    expect(other.features.join("\n")).toContain("end with a full stop");
  });

  it("says with numbers what differs", () => {
    for (const feature of measure("I do not know. Perhaps it is the cable.", profile).features)
      expect(feature).toMatch(/^\d+% .+, of the owner's \d+%$/);
  });

  it("says nothing about nothing", () => {
    expect(createStyleMeter(profile).measure([])).toMatchObject({ score: 0.5, inRange: true });
    expect(createStyleMeter(profile).measure(["> quoted"])).toMatchObject({ score: 0.5, inRange: true });
  });
});

describe("reading a profile", () => {
  const json = JSON.stringify(learn(writeMessages(hasty)));

  it.each([
    "",
    "[]",
    "null",
    '{"version":2}',
    '{"version":1,"audiences":{}}',
    '{"version":1,"audiences":{},"general":{"shares":{"start":{"lower":"x"}}}}',
  ])("refuses %j", (text) => {
    expect(() => parseProfile(text)).toThrow(/This is no profile/);
  });

  it("scores finitely with shares that no profile has", () => {
    for (const share of ["-5", "0", "1", "7", "1e308"]) {
      const odd = parseProfile(json.replaceAll(/"lower":[\d.e-]+/g, `"lower":${share}`));
      expect(createStyleMeter(odd).measure(hasty).score).toBeGreaterThan(0);
    }
  });
});
