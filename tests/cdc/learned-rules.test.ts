import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Classification } from "../../src/cdc/classification.ts";
import { createClassifier } from "../../src/cdc/classify.ts";
import { applyRules } from "../../src/cdc/learned-rules/apply-rules.ts";
import { normalise, parseJudgementRule, type JudgementRule } from "../../src/cdc/learned-rules/judgement-rule.ts";
import { proposeRule, type Correction } from "../../src/cdc/learned-rules/propose-rule.ts";
import type { DecisionRecord, LearnedRule } from "../../src/core/cdc.ts";

const classify = createClassifier();
const at = Date.parse("2026-03-06T09:00:00Z");
const read = (text: string, facts: object = {}) =>
  classify({ text, channel: "telegram", ...facts }, { now: at, timeZone: "UTC" });
interface Written {
  readonly text: string;
  readonly senderId: string;
  readonly conversation: string;
}
const ben = (text: string): Written => ({ text, senderId: "telegram:7", conversation: "telegram/7" });
const decided = ({ text, senderId, conversation }: Written, { kind, asks, reasons }: Classification) =>
  ({ id: "d1", conversation, senderId, senderName: "Ben", excerpt: text, kind, asks, reasons }) as DecisionRecord;
const teach = (
  written: Written,
  found: Classification,
  correction: Correction,
  known: readonly LearnedRule[] = [],
) => ({
  ...proposeRule(decided(written, found), correction, known),
  id: `r${known.length}`,
  at: at + known.length,
});
const apply = (rules: readonly LearnedRule[], written: Written, found = read(written.text)) =>
  applyRules(rules, written, found, "UTC");
const scopeOf = (rule: LearnedRule) => parseJudgementRule(rule)?.when;

const words = ["ship it", "lunch", "see you", "can you send the file", "invoice 12 is due"];
const senders = ["telegram:7", "mail:ana@example.org", "mail:ben@example.org"];
const messages = fc.record({
  text: fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 3 }).map((all) => all.join(". ")),
  senderId: fc.constantFrom(...senders),
  conversation: fc.constantFrom("telegram/7", "mail/t1"),
});
const scopes = fc
  .record(
    {
      sender: fc.constantFrom(...senders),
      domain: fc.constantFrom("example.org", "example.com"),
      conversation: fc.constantFrom("telegram/7", "mail/t1"),
      kind: fc.constantFrom("question", "request", "other", "notification"),
      phrase: fc.constantFrom(...words.map(normalise)),
    },
    { requiredKeys: [] },
  )
  .filter((scope) => Object.keys(scope).length > 0);
// oxlint-disable-next-line unicorn/no-thenable -- the word of the rule; nobody awaits it
const defineRule = (when: object, outcome: unknown): object => ({ when, then: outcome });
const outcomes = fc.constantFrom<JudgementRule["then"]>("asks", "ignore", { priority: "urgent" }, { priority: "low" });
const learned = fc
  .record({ when: scopes, outcome: outcomes, at: fc.nat(1_000_000) })
  .map(({ when, outcome, at: madeAt }): LearnedRule => ({
    id: "r",
    about: "judgement",
    rule: defineRule(when, outcome),
    says: "",
    madeFrom: "d",
    at: madeAt,
  }));

describe("what the owner taught", () => {
  it("leaves no effect when it is taken back, and changes nothing that was given", () => {
    fc.assert(
      fc.property(fc.array(learned, { maxLength: 5 }), learned, messages, (others, rule, message) => {
        const found = read(message.text);
        const before = JSON.stringify(found);
        const without = apply(others, message, found);
        apply([...others, rule], message, found);
        expect(JSON.stringify(found)).toBe(before);
        expect(apply(others, message, found)).toEqual(without);
        expect(apply([], message, found)).toBe(found);
      }),
    );
  });

  it("counts the same in whatever order it was stored, and says since when", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(learned, { maxLength: 5, selector: (rule) => rule.at }),
        messages,
        (rules, message) => {
          const found = read(message.text);
          const applied = apply(rules, message, found);
          expect(apply(rules.toReversed(), message, found)).toEqual(applied);
          if (applied !== found) expect(applied.reasons[0]).toMatch(/^you said so on \d+ January 1970$/);
        },
      ),
    );
  });

  it("never makes a machine's words ask for an answer", () => {
    fc.assert(
      fc.property(
        fc.array(learned, { maxLength: 5 }),
        messages,
        fc.constantFrom("automated" as const, "spam" as const, "notification" as const),
        (rules, message, kind) => {
          const found: Classification = { ...read(message.text), kind, asks: false };
          expect(apply(rules, message, found).asks).toBe(false);
        },
      ),
    );
  });

  it("holds for the message it was taught on, whatever wider was taught before", () => {
    fc.assert(
      fc.property(
        fc.array(
          learned.filter(({ rule }) => typeof (rule as JudgementRule).then === "string"),
          { maxLength: 4 },
        ),
        messages,
        fc.constantFrom("asks" as const, "ignore" as const),
        (others, message, correction) => {
          const found = read(message.text);
          fc.pre(found.kind !== "notification");
          const rule = { ...proposeRule(decided(message, found), correction, others), id: "new", at: 2_000_000 };
          const areWider = others.every((other) => Object.keys(scopeOf(other) ?? {}).length <= 2);
          fc.pre(areWider && scopeOf(rule)?.phrase !== undefined);
          expect(apply([...others, rule], message, found).asks).toBe(correction === "asks");
        },
      ),
    );
  });
});

describe("the rule that is proposed", () => {
  it("is about what we stumbled over, in the chat where it was", () => {
    const written = ben("You know how it is. Let me know!");
    const rule = teach(written, read(written.text), "ignore");
    expect(scopeOf(rule)).toEqual({ sender: "telegram:7", conversation: "telegram/7", phrase: "let me know" });
    expect(rule.says).toBe("When Ben writes “let me know” in this chat, it needs none.");
    expect(apply([rule], ben("Fine. Let me know."))).toMatchObject({ asks: false, kind: "other", priority: "low" });
    expect(apply([rule], ben("Can you send the file?")).asks).toBe(true);
    expect(apply([rule], { ...ben("Let me know."), senderId: "telegram:8" }).asks).toBe(true);
  });

  it("is about the kind when the same is said of other words, and not when it is said twice of the same", () => {
    const first = ben("Can you believe what the cat did?");
    const asks = (text: string): Classification => ({ ...read(text), kind: "question", asks: true, reasons: [] });
    const one = teach(first, asks(first.text), "ignore");
    expect(scopeOf(teach(first, asks(first.text), "ignore", [one]))).toHaveProperty("phrase");
    const two = teach(ben("Guess who came?"), asks("Guess who came?"), "ignore", [one]);
    expect(scopeOf(two)).toEqual({ sender: "telegram:7", conversation: "telegram/7", kind: "question" });
    expect(scopeOf(teach(ben("Who?"), asks("Who?"), "asks", [one]))).toHaveProperty("phrase");
  });

  it("makes nothing ask that only tells, but the words it was said of", () => {
    const tells = (text: string): Classification => ({ ...read(text), kind: "other", asks: false, reasons: [] });
    const one = teach(ben("The keys are still with me"), tells(""), "asks");
    const two = teach(ben("I am at the door now"), tells(""), "asks", [one]);
    expect(scopeOf(two)).toHaveProperty("phrase", "i am at the door now");
    expect(apply([two], ben("I am at the door now."), tells("")).asks).toBe(true);
    expect(apply([two], ben("I am at the beach"), tells("")).asks).toBe(false);
  });

  it("hushes a machine with one word, and tells of it by its words, whatever the numbers in them", () => {
    const machine = (text: string): Classification => ({
      ...read(text),
      kind: "notification",
      asks: false,
      reasons: [],
    });
    const written = { text: "Invoice 12 is due", senderId: "mail:billing@example.org", conversation: "mail/t1" };
    expect(scopeOf(teach(written, machine(""), "ignore"))).toEqual({
      sender: "mail:billing@example.org",
      kind: "notification",
    });
    const rule = teach(written, machine(""), "asks");
    expect(scopeOf(rule)).toEqual({ sender: "mail:billing@example.org", phrase: "invoice # is due" });
    expect(apply([rule], { ...written, text: "Invoice 2026-77 is due!" }, machine(""))).toMatchObject({
      kind: "notification",
      asks: false,
      priority: "high",
    });
  });

  it("is the newest where the owner has changed their mind", () => {
    const written = ben("Let me know!");
    const rules = [teach(written, read(written.text), "ignore")];
    rules.push({ ...teach(written, read(written.text), "asks", rules), at: at + 5 });
    expect(new Set(rules.map((rule) => JSON.stringify(scopeOf(rule)))).size).toBe(1);
    expect(apply(rules, written).asks).toBe(true);
    expect(apply(rules.toReversed(), written).asks).toBe(true);
    expect(apply(rules.slice(0, 1), written).asks).toBe(false);
  });

  it("can say how much something presses", () => {
    const written = ben("The lift is stuck again");
    const rule = teach(written, read(written.text), { priority: "high" });
    expect(apply([rule], written).priority).toBe("high");
    expect(rule.says).toBe("When Ben writes “the lift is stuck again” in this chat, its priority is high.");
  });

  it("is read back from the store, and what is no rule is nothing", () => {
    const written = ben("Let me know!");
    const { about, rule } = teach(written, read(written.text), "ignore");
    expect(parseJudgementRule({ about, rule: JSON.parse(JSON.stringify(rule)) })).toEqual(rule);
    for (const bad of [null, {}, defineRule({}, "asks"), defineRule({ phrase: "x" }, "send money"), "rule"])
      expect(parseJudgementRule({ about: "judgement", rule: bad })).toBeUndefined();
    expect(parseJudgementRule({ about: "style", rule })).toBeUndefined();
  });
});
