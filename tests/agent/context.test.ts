import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createBudget } from "../../src/agent/budget.ts";
import { compactHistory } from "../../src/agent/compact.ts";
import { estimateTokens, pickContext } from "../../src/agent/context.ts";
import type { ContentPart } from "../../src/core/model.ts";
import type { StoredMessage } from "../../src/core/store.ts";
import { createScriptedModel } from "../doubles/scripted-model.ts";

const stored = (seq: number, extra: Partial<StoredMessage> = {}): StoredMessage => ({
  seq,
  turnId: `t${seq}`,
  message: { role: "user", content: [{ type: "text", text: `message ${seq}` }] },
  at: seq,
  isPinned: false,
  ...extra,
});
const signal = new AbortController().signal;

describe("pickContext", () => {
  const history = fc
    .array(
      fc.record({
        turn: fc.nat(1),
        text: fc.string({ maxLength: 400 }),
        isPinned: fc.boolean(),
        part: fc.constantFrom("text", "call", "result"),
      }),
      { maxLength: 40 },
    )
    .map((items) => {
      let turn = 0;
      return items.map((item, index): StoredMessage => {
        turn += item.turn;
        const id = `c${index}`;
        const content: ContentPart[] =
          item.part === "text"
            ? [{ type: "text", text: item.text }]
            : item.part === "call"
              ? [{ type: "toolCall", id, name: "x", input: item.text }]
              : [{ type: "toolResult", id, name: "x", output: item.text, isError: false }];
        const message = { role: "assistant" as const, content };
        return stored(index + 1, { turnId: `t${turn}`, isPinned: item.isPinned, message });
      });
    });

  it("keeps pins and the newest turn, cuts no turn in two, and loses nothing", () => {
    fc.assert(
      fc.property(
        history,
        fc.integer({ min: 0, max: 3_000 }),
        fc.integer({ min: 1, max: 50 }),
        (messages, maxTokens, maxMessages) => {
          const { kept, left } = pickContext(messages, maxTokens, maxMessages);
          expect([...kept, ...left].map(({ seq }) => seq).toSorted((a, b) => a - b)).toEqual(
            messages.map(({ seq }) => seq),
          );
          expect(left.some(({ isPinned }) => isPinned)).toBe(false);
          expect(kept.map(({ seq }) => seq)).toEqual(kept.map(({ seq }) => seq).toSorted((a, b) => a - b));
          const turnsLeft = new Set(left.map(({ turnId }) => turnId));
          const split = kept.filter(({ turnId, isPinned }) => turnsLeft.has(turnId) && !isPinned);
          expect(split).toEqual([]);
          const last = messages.at(-1);
          if (last !== undefined) expect(turnsLeft.has(last.turnId)).toBe(false);
          const turns = new Set(kept.filter(({ isPinned }) => !isPinned).map(({ turnId }) => turnId));
          if (turns.size > 1) {
            const cost = kept.reduce((sum, { message }) => sum + estimateTokens(message), 0);
            expect(cost).toBeLessThanOrEqual(maxTokens);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("keeps everything that fits", () => {
    const messages = [1, 2, 3].map((seq) => stored(seq));
    expect(pickContext(messages, 10_000)).toEqual({ kept: messages, left: [] });
    expect(pickContext(messages, 10_000, 2).left.map(({ seq }) => seq)).toEqual([1]);
    expect(pickContext([], 0)).toEqual({ kept: [], left: [] });
  });
});

describe("compactHistory", () => {
  const long = Array.from({ length: 30 }, (_, index) =>
    stored(index + 1, {
      message: {
        role: "user",
        content: [{ type: "text", text: `Point ${index + 1}. ${"x".repeat(5_000)}` }],
      },
    }),
  );

  it("has the model summarise, the earlier summary with it, within the model's own limits", async () => {
    const model = createScriptedModel(["A summary."], { contextTokens: 8_000 });
    const done = await compactHistory(model, "They agreed on May.", long, signal);
    expect(done).toEqual({ summary: "A summary.", summarySeq: 30 });
    const [request] = model.requests;
    const text = JSON.stringify(request?.messages);
    expect(text).toContain("They agreed on May.");
    expect(text).toContain("Point 30.");
    expect(text.length).toBeLessThan(8_000 * 3.5);
    expect(request?.tools).toEqual([]);
  });

  it("leaves tool results and thoughts out", async () => {
    const model = createScriptedModel(["A summary."]);
    const hidden = stored(1, {
      message: {
        role: "assistant",
        content: [
          { type: "thought", text: "secret" },
          { type: "text", text: "said" },
        ],
      },
    });
    await compactHistory(model, undefined, [hidden], signal);
    expect(JSON.stringify(model.requests)).not.toContain("secret");
  });

  it.each([
    ["fails", [{ error: { retryable: true } }]],
    ["says nothing", [" "]],
  ])("keeps first sentences, and the earlier summary, when the model %s", async (_how, script) => {
    const { summary, summarySeq } = await compactHistory(
      createScriptedModel(script),
      "They agreed on May.",
      long,
      signal,
    );
    expect(summarySeq).toBe(30);
    expect(summary).toContain("They agreed on May.");
    expect(summary).toContain("Person: Point 30.");
    expect(summary.length).toBeLessThanOrEqual(4_100);
  });

  it("ends with the turn that it is for", async () => {
    const stop = AbortSignal.abort();
    const model = createScriptedModel(["A summary."]);
    await expect(compactHistory(model, undefined, long, stop)).rejects.toMatchObject({
      code: "aborted",
    });
  });
});

describe("budget", () => {
  const spender = { conversation: "c", person: "p" };
  const persona = { name: "careful", budget: 0.1 };

  it("counts what is stored and what is spent, warns once, refuses at the limit, starts anew each day", () => {
    let day = 1;
    const before = [
      { ...spender, costMicros: 400_000, persona: "", model: "", inputTokens: 0, outputTokens: 0, cachedTokens: 0 },
    ];
    const budget = createBudget({ perDay: 1, perPerson: 2 }, before, () => day);
    budget.check({ conversation: "c", person: "p" });
    expect(budget.spend(spender, 400_000)).toEqual({ name: "day", limit: 1, spent: 0.8 });
    budget.check({ conversation: "c", person: "p" });
    expect(budget.spend(spender, 400_000)).toBeUndefined();
    expect(() => budget.check({ conversation: "other", person: "q" })).toThrow(/1 dollars a day for this day/);
    day = 2;
    budget.check({ conversation: "c", person: "p" });
  });

  it("keeps people and conversations apart, and allows everything without limits", () => {
    const budget = createBudget({ perConversation: 0.5, perPerson: 0.5 }, [], () => 1);
    budget.spend({ conversation: "c", person: "p" }, 500_000);
    expect(() => budget.check({ conversation: "c", person: "q" })).toThrow(/conversation/);
    expect(() => budget.check({ conversation: "d", person: "p" })).toThrow(/person/);
    budget.check({ conversation: "d", person: "q" });
    const free = createBudget({}, [], () => 1);
    free.spend(spender, 1e12);
    free.check(spender);
    expect(free.uses(spender).map(({ name, spent }) => [name, spent])).toEqual([
      ["day", 1e6],
      ["conversation", 1e6],
      ["person", 1e6],
    ]);
  });

  it("keeps a persona within its own budget, whoever asks it", () => {
    const budget = createBudget({}, [], () => 1);
    expect(budget.spend({ ...spender, persona }, 90_000)).toMatchObject({ name: "persona", limit: 0.1 });
    budget.check({ ...spender, persona });
    budget.spend({ conversation: "d", person: "q", persona }, 20_000);
    expect(() => budget.check({ ...spender, persona })).toThrow(/0.1 dollars a day for this persona/);
    budget.check(spender);
  });
});
