import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatReviewRequest,
  labelAnswers,
  parseScores,
  pickByScore,
  pickByVotes,
  rate,
} from "../../src/agent/council-review.ts";
import { runCouncil, type CouncilRun } from "../../src/agent/council.ts";
import type { ModelRequest } from "../../src/core/model.ts";
import type { StepRecord } from "../../src/core/store.ts";
import { createScriptedModel, type ScriptedModel, type ScriptStep } from "../doubles/scripted-model.ts";

const textOf = (request: ModelRequest | undefined) =>
  (request?.messages ?? []).flatMap(({ content }) => content.map((part) => (part.type === "text" ? part.text : "")));

/** Answers with its own words, and rates every answer it is shown by the number in it. */
function createMember(name: string, said: ScriptStep = `${name} says 5`, costMicros = 1_000): ScriptedModel {
  return createScriptedModel(
    (request) => {
      if (request.jsonSchema === undefined) return typeof said === "string" ? { text: said, costMicros } : said;
      const answers = [...(textOf(request).at(-1) ?? "").matchAll(/<answer name="(\w)">\n(?:.*?)(\d+)\n/g)];
      const scores = answers.map(([, answer, score]) => ({ answer, score: Number(score) }));
      return { text: JSON.stringify({ scores }), costMicros };
    },
    { id: name },
  );
}

function createRun(models: readonly ScriptedModel[], change: Partial<CouncilRun> = {}) {
  const steps: StepRecord[] = [];
  const run: CouncilRun = {
    members: models.map((model) => ({ name: model.id, model })),
    chair: { name: "chair", model: createMember("chair", "Put together.") },
    strategy: "chair",
    system: "Answer.",
    messages: [{ role: "user", content: [{ type: "text", text: "What is it?" }] }],
    turnId: "turn-1",
    conversation: "chat/room",
    finished: [],
    memberTimeoutMs: 60_000,
    signal: new AbortController().signal,
    hooks: {
      onText: () => undefined,
      onSpend: () => undefined,
      saveStep: async (step) => void steps.push(step),
    },
    ...change,
  };
  return { run, steps };
}

const answerOf = async (run: CouncilRun) => {
  const outcome = await runCouncil(run);
  if (outcome.kind !== "answer") throw new Error("no answer");
  return outcome.text;
};

describe("a council", () => {
  it("lets all answer, rate the others without names, and the chair write", async () => {
    const models = [createMember("one", "Mine: 3"), createMember("two", "Mine: 8"), createMember("three", "Mine: 6")];
    const { run } = createRun(models);
    const text = await answerOf(run);
    expect(text).toMatch(/^Put together\.\n\n\*Council of 3: put together by chair\. Ratings of 10: /);
    expect(text).toContain("two 8.0");
    expect(text).toContain("one 3.0");
    // Three answers, three reviews and the chair, 0.001 dollars each.
    expect(text).toContain("Cost: $0.0070.");
    for (const model of models) {
      const review = textOf(model.requests[1]).join("\n");
      expect(review.match(/<answer name=/g)).toHaveLength(2);
      expect(review).not.toContain(model.id === "one" ? "Mine: 3" : model.id === "two" ? "Mine: 8" : "Mine: 6");
      expect(review).not.toMatch(/\b(one|two|three)\b/);
    }
  });

  it("gives the best-rated answer, or the one with most votes, as it is", async () => {
    const models = () => [
      createMember("one", "Mine: 3"),
      createMember("two", "Mine: 8"),
      createMember("three", "Mine: 6"),
    ];
    expect(await answerOf(createRun(models(), { strategy: "score" }).run)).toMatch(/^Mine: 8\n/);
    expect(await answerOf(createRun(models(), { strategy: "majority" }).run)).toMatch(/^Mine: 8\n/);
  });

  it("leaves out who fails, is empty, or takes too long, and says so", async () => {
    const models = [
      createMember("good", "Mine: 4"),
      createMember("other", "Mine: 5"),
      createMember("broken", { error: { message: "no key", retryable: false } }),
      createMember("empty", "  "),
      createMember("slow", { text: "Half", hangs: true }),
    ];
    const { run } = createRun(models, { memberTimeoutMs: 50 });
    expect(await answerOf(run)).toContain("no answer from broken, empty, slow.");
  });

  it("gives a single answer as it is, unreviewed", async () => {
    const good = createMember("good", "Mine: 4");
    const { run } = createRun([good, createMember("broken", { error: { retryable: false } })]);
    expect(await answerOf(run)).toMatch(/^Mine: 4\n\n\*Council of 2: only good answered/);
    expect(good.requests).toHaveLength(1);
  });

  it("falls back to the best-rated answer when the chair fails", async () => {
    const chair = { name: "chair", model: createMember("chair", { error: { retryable: false } }) };
    const { run } = createRun([createMember("one", "Mine: 3"), createMember("two", "Mine: 8")], { chair });
    expect(await answerOf(run)).toMatch(
      /^Mine: 8\n\n\*Council of 2: the best-rated answer, by two, because chair failed/,
    );
  });

  it("fails in a way that can be tried again when nobody answers", async () => {
    const { run } = createRun([createMember("broken", { error: { retryable: false } })]);
    await expect(runCouncil(run)).rejects.toMatchObject({ code: "model-failed", retryAfterMs: 5_000 });
  });

  it("goes on after a crash without asking anybody twice", async () => {
    for (const kept of [1, 2]) {
      const models = [createMember("one", "Mine: 3"), createMember("two", "Mine: 8")];
      const first = createRun(models);
      const whole = await answerOf(first.run);
      expect(first.steps).toHaveLength(2);
      expect(first.steps.map(({ index }) => index)).toEqual([0, 1]);
      const again = [createMember("one", "Mine: 3"), createMember("two", "Mine: 8")];
      const resumed = createRun(again, { finished: first.steps.slice(0, kept) });
      expect(await answerOf(resumed.run)).toBe(whole);
      expect(again.map(({ requests }) => requests.length)).toEqual(kept === 2 ? [0, 0] : [1, 1]);
      expect(resumed.steps).toHaveLength(2 - kept);
    }
  });

  it("stops at once when the turn is stopped", async () => {
    const stop = new AbortController();
    const { run } = createRun([createMember("slow", { hangs: true })], { signal: stop.signal });
    setTimeout(() => stop.abort(), 10);
    await expect(runCouncil(run)).rejects.toMatchObject({ code: "aborted" });
  });
});

const answers = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), { minLength: 2, maxLength: 8 });

describe("reviews", () => {
  it("read what models write, whatever it is", () => {
    const labelled = labelAnswers(
      [
        { member: "a", text: "1" },
        { member: "b", text: "2" },
      ],
      "t",
    );
    expect(
      parseScores('```json\n{"scores":[{"answer":"a","score":"7"},{"answer":"B","score":99}]}\n```', labelled),
    ).toEqual([
      { label: "A", score: 7 },
      { label: "B", score: 10 },
    ]);
    expect(parseScores("Answer A: 7/10\n**B** - 4.5", labelled)).toEqual([
      { label: "A", score: 7 },
      { label: "B", score: 4.5 },
    ]);
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const { score } of parseScores(text, labelled)) {
          expect(score).toBeGreaterThanOrEqual(0);
          expect(score).toBeLessThanOrEqual(10);
        }
      }),
    );
  });

  it("give the same letters whatever the order of the members, and never the reviewer's own answer", () => {
    fc.assert(
      fc.property(answers, fc.string(), (members, turn) => {
        const given = members.map((member) => ({ member, text: `by ${member}` }));
        const labelled = labelAnswers(given, turn);
        expect(labelAnswers(given.toReversed(), turn)).toEqual(labelled);
        expect(new Set(labelled.map(({ label }) => label)).size).toBe(members.length);
        const [own, ...others] = labelled;
        const [part] = formatReviewRequest(others).content;
        expect(part?.type === "text" && part.text.includes(`<answer name="${own?.label}">`)).toBe(false);
      }),
    );
  });

  it("pick the highest mean and the most votes", () => {
    const score = fc.integer({ min: 0, max: 10 });
    fc.assert(
      fc.property(
        answers,
        fc.array(fc.array(score, { minLength: 8, maxLength: 8 }), { maxLength: 6 }),
        (members, rows) => {
          const labelled = labelAnswers(
            members.map((member) => ({ member, text: member })),
            "t",
          );
          const reviews = rows.map((row) => ({
            reviewer: "r",
            scores: labelled.map(({ label }, index) => ({ label, score: row[index] ?? 0 })),
          }));
          const ratings = rate(labelled, reviews);
          const best = pickByScore(ratings);
          for (const rating of ratings) expect(best.score ?? -1).toBeGreaterThanOrEqual(rating.score ?? -1);
          const voted = pickByVotes(ratings);
          for (const rating of ratings) expect(voted.votes).toBeGreaterThanOrEqual(rating.votes);
          expect(ratings.reduce((sum, { votes }) => sum + votes, 0)).toBe(rows.length);
        },
      ),
    );
  });
});
