import fc from "fast-check";
import { expect, it } from "vitest";
import { sumTokens } from "../../src/agent/context.ts";
import { fitSteps } from "../../src/agent/fit-steps.ts";
import type { StepRecord } from "../../src/core/store.ts";

/** One step per round: so many calls, and results of such lengths, each stored by itself or all together. */
const anyRound = fc.record({
  lengths: fc.array(fc.constantFrom(10, 300, 2_000, 20_000), { minLength: 1, maxLength: 4 }),
  isTogether: fc.boolean(),
});

function toSteps(rounds: readonly { lengths: readonly number[]; isTogether: boolean }[]): StepRecord[] {
  const messages = rounds.flatMap(({ lengths, isTogether }, round): StepRecord["message"][] => {
    const id = (index: number) => `${round}-${index}`;
    const calls = lengths.map((_, index) => ({ type: "toolCall" as const, id: id(index), name: "look", input: {} }));
    const results = lengths.map((length, index) => ({
      type: "toolResult" as const,
      id: id(index),
      name: "look",
      output: `${round}`.repeat(length).slice(0, length),
      isError: false,
    }));
    return [
      { role: "assistant", content: calls },
      ...(isTogether
        ? [{ role: "tool" as const, content: results }]
        : results.map((result) => ({ role: "tool" as const, content: [result] }))),
    ];
  });
  return messages.map((message, index) => ({ turnId: "t", index, message, startedCalls: [] }));
}

it("stays within the room, whatever tools bring, and loses no result", () => {
  let cuts = 0;
  fc.assert(
    fc.property(fc.array(anyRound, { minLength: 1, maxLength: 12 }), (rounds) => {
      const steps = toSteps(rounds);
      const whole = steps.map(({ message }) => message);
      const fitted = fitSteps(steps, 10_000);
      // With every result cut to its beginning there is always room for so few.
      expect(sumTokens(fitted)).toBeLessThanOrEqual(10_000);
      if (sumTokens(whole) <= 10_000) expect(fitted).toEqual(whole);
      else cuts += 1;
      const ids = (messages: typeof fitted) =>
        messages.flatMap(({ content }) => content.map((part) => "id" in part && part.id));
      expect(ids(fitted)).toEqual(ids(whole));
    }),
    { numRuns: 300 },
  );
  expect(cuts).toBeGreaterThan(20);
});

it("changes what it said before only when there is no room, and seldom", () => {
  const steps = toSteps(Array.from({ length: 40 }, () => ({ lengths: [2_000], isTogether: true })));
  let changes = 0;
  for (let count = 2; count <= steps.length; count += 2) {
    const before = JSON.stringify(fitSteps(steps.slice(0, count - 2), 10_000)).slice(0, -1);
    if (!JSON.stringify(fitSteps(steps.slice(0, count), 10_000)).startsWith(before)) changes += 1;
  }
  expect(changes).toBeGreaterThan(0);
  expect(changes).toBeLessThan(10);
});

it("cuts what was read before what is new", () => {
  const steps = toSteps([1, 2, 3].map(() => ({ lengths: [20_000], isTogether: true })));
  const lengths = fitSteps(steps, 10_000).flatMap(({ content }) =>
    content.flatMap((part) => (part.type === "toolResult" ? [part.output.length] : [])),
  );
  expect(lengths[0]).toBeLessThan(500);
  expect(lengths.at(-1)).toBe(20_000);
});
