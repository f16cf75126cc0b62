import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Model } from "../../src/core/model.ts";
import { createBreaker } from "../../src/models/breaker.ts";
import { createFailOverModel } from "../../src/models/fail-over.ts";
import { collect, pingRequest, textOf } from "../contracts/model.ts";
import { createScriptedModel, type ScriptedModel, type ScriptStep } from "../doubles/scripted-model.ts";

const down: ScriptStep = { error: { retryable: true, reason: "unavailable" } };

function always(step: ScriptStep, id: string, contextTokens?: number): ScriptedModel {
  return createScriptedModel(() => step, {
    id,
    ...(contextTokens === undefined ? {} : { contextTokens }),
  });
}

function clock(start = 1_000_000): { now: () => number; pass: (ms: number) => void } {
  let time = start;
  return {
    now: () => time,
    pass: (ms) => {
      time += ms;
    },
  };
}

describe("fail-over", () => {
  it("asks the next model, and says who answered", async () => {
    const [a, b] = [always(down, "a"), always("from b", "b")];
    const events = await collect(createFailOverModel([a, b], clock()), pingRequest);
    expect(textOf(events)).toBe("from b");
    expect(events.at(-1)).toMatchObject({ type: "done", modelId: "b" });
  });

  it("asks the next model after a refusal too", async () => {
    const refused = always({ error: { retryable: false, reason: "rejected" } }, "a");
    expect(textOf(await collect(createFailOverModel([refused, always("from b", "b")], clock()), pingRequest))).toBe(
      "from b",
    );
  });

  it.each([
    ["text", { text: ["one ", "two"], error: {} }],
    ["a tool call", { toolCalls: [{ name: "lookup", input: {} }], error: {} }],
  ] satisfies [string, ScriptStep][])("begins nothing again once %s went out", async (_, step) => {
    const b = always("from b", "b");
    const events = await collect(createFailOverModel([always(step, "a"), b], clock()), pingRequest);
    expect(events.at(-1)).toMatchObject({ type: "error", retryable: true });
    expect(b.requests).toHaveLength(0);
  });

  it("begins again after thoughts alone", async () => {
    const events = await collect(
      createFailOverModel([always({ thought: "hm", error: {} }, "a"), always("from b", "b")], clock()),
      pingRequest,
    );
    expect(textOf(events)).toBe("from b");
  });

  it("does not ask on when it was stopped", async () => {
    const b = always("from b", "b");
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 10);
    const events = await collect(
      createFailOverModel([always({ hangs: true }, "a"), b], clock()),
      pingRequest,
      controller.signal,
    );
    expect(events).toEqual([expect.objectContaining({ type: "error", reason: "aborted" })]);
    expect(b.requests).toHaveLength(0);
  });

  it("passes over a model within its Retry-After, and comes back afterwards", async () => {
    const time = clock();
    const a = createScriptedModel([{ error: { retryAfterMs: 30_000 } }, "from a"], { id: "a" });
    const model = createFailOverModel([a, always("from b", "b")], time);
    expect(textOf(await collect(model, pingRequest))).toBe("from b");
    time.pass(29_999);
    expect(textOf(await collect(model, pingRequest))).toBe("from b");
    expect(a.requests).toHaveLength(1);
    time.pass(1);
    expect(textOf(await collect(model, pingRequest))).toBe("from a");
  });

  it("tells how long to wait when there is no other", async () => {
    const time = clock();
    const a = always({ error: { retryAfterMs: 30_000 } }, "a");
    const model = createFailOverModel([a], time);
    expect((await collect(model, pingRequest)).at(-1)).toMatchObject({
      retryable: true,
      retryAfterMs: 30_000,
    });
    time.pass(10_000);
    expect((await collect(model, pingRequest)).at(-1)).toMatchObject({
      retryable: true,
      retryAfterMs: 20_000,
    });
    expect(a.requests).toHaveLength(1);
  });

  it("waits for the first of several", async () => {
    const chain = [
      always({ error: { retryAfterMs: 30_000 } }, "a"),
      always({ error: { retryAfterMs: 5_000 } }, "b"),
      always({ error: { retryable: false, reason: "rejected" } }, "c"),
    ];
    expect((await collect(createFailOverModel(chain, clock()), pingRequest)).at(-1)).toMatchObject({
      retryable: true,
      retryAfterMs: 5_000,
    });
  });

  it("leaves out a fallback that could not hold the conversation", async () => {
    const small = always("from small", "small", 10);
    const long = { ...pingRequest, system: "word ".repeat(100) };
    expect((await collect(createFailOverModel([always(down, "a"), small], clock()), long)).at(-1)).toMatchObject({
      type: "error",
    });
    expect(small.requests).toHaveLength(0);
  });

  it("lets one probe through after a minute, not two", async () => {
    const time = clock();
    let step: ScriptStep = down;
    const a = createScriptedModel(() => step, { id: "a" });
    const model = createFailOverModel([a, always("from b", "b")], time);
    for (let count = 0; count < 7; count++) await collect(model, pingRequest);
    expect(a.requests).toHaveLength(5);
    time.pass(60_000);
    step = { delayMs: 10, text: "from a" };
    const answers = await Promise.all([1, 2, 3].map(async () => textOf(await collect(model, pingRequest))));
    expect(answers.toSorted()).toEqual(["from a", "from b", "from b"]);
    expect(textOf(await collect(model, pingRequest))).toBe("from a");
  });

  it("frees the probe when its reader leaves", async () => {
    const time = clock();
    let step: ScriptStep = down;
    const model: Model = createFailOverModel([createScriptedModel(() => step, { id: "a" })], time);
    for (let count = 0; count < 5; count++) await collect(model, pingRequest);
    time.pass(60_000);
    step = ["from ", "a"].join("");
    for await (const event of model.stream(pingRequest, new AbortController().signal)) if (event.type === "text") break;
    expect(textOf(await collect(model, pingRequest))).toBe("from a");
  });
});

/*
 * The breaker against its definition, kept as plainly as possible: any order of beginnings, endings and waits.
 */
type Step =
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "begin" }
  | {
      readonly do: "end";
      readonly which: number;
      readonly kind: "answered" | "refused" | "unknown" | "failed";
      readonly retryAfterMs: number | undefined;
    };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant("wait" as const),
    ms: fc.constantFrom(1, 1_000, 29_999, 59_999, 60_000),
  }),
  fc.record({ do: fc.constant("begin" as const) }),
  fc.record({
    do: fc.constant("end" as const),
    which: fc.nat(2),
    kind: fc.oneof(
      { weight: 12, arbitrary: fc.constant("failed" as const) },
      {
        weight: 2,
        arbitrary: fc.constantFrom("answered" as const, "refused" as const, "unknown" as const),
      },
    ),
    retryAfterMs: fc.option(fc.constantFrom(500, 90_000), { nil: undefined, freq: 20 }),
  }),
);

describe("the breaker", () => {
  it("keeps to its definition through any order of calls, ends and waits", () => {
    const seen = { opened: 0, probes: 0, closedByProbe: 0 };
    fc.assert(
      fc.property(fc.array(anyStep, { minLength: 60, maxLength: 120 }), (steps) => {
        const time = clock();
        const breaker = createBreaker(time);
        const running: {
          settle: Exclude<ReturnType<typeof breaker.enter>, number>;
          isProbe: boolean;
        }[] = [];
        let failures = 0;
        let openedAt: number | undefined;
        let busyUntil = 0;
        for (const step of steps) {
          if (step.do === "wait") time.pass(step.ms);
          else if (step.do === "begin") {
            const isProbing = running.some((call) => call.isProbe);
            const mayPass =
              time.now() >= busyUntil && (openedAt === undefined || (time.now() >= openedAt + 60_000 && !isProbing));
            const entry = breaker.enter();
            expect(typeof entry === "function").toBe(mayPass);
            if (typeof entry === "number") expect(entry).toBeGreaterThan(0);
            else {
              running.push({ settle: entry, isProbe: openedAt !== undefined });
              if (openedAt !== undefined) seen.probes += 1;
            }
          } else {
            const [call] = running.splice(step.which % Math.max(1, running.length), 1);
            if (call === undefined) continue;
            call.settle(
              step.kind === "failed"
                ? {
                    kind: "failed",
                    ...(step.retryAfterMs === undefined ? {} : { retryAfterMs: step.retryAfterMs }),
                  }
                : { kind: step.kind },
            );
            call.settle({ kind: "failed" }); // a second time counts for nothing
            const counts = step.kind !== "unknown" && (call.isProbe || openedAt === undefined);
            if (!counts) continue;
            if (step.kind === "failed") {
              failures += 1;
              if (step.retryAfterMs !== undefined) busyUntil = Math.max(busyUntil, time.now() + step.retryAfterMs);
              if (call.isProbe || failures >= 5) {
                openedAt = time.now();
                seen.opened += 1;
              }
            } else {
              if (call.isProbe) seen.closedByProbe += 1;
              failures = 0;
              openedAt = undefined;
              busyUntil = 0;
            }
          }
          const probes = running.filter((call) => call.isProbe).length;
          expect(probes).toBeLessThanOrEqual(1);
          expect(breaker.state().state).toBe(openedAt === undefined ? "closed" : probes > 0 ? "half-open" : "open");
        }
      }),
      { numRuns: 500 },
    );
    // The steps must have led everywhere, or the property proved nothing.
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(5);
  });

  it("never lets a reader see two beginnings, whatever fails where", async () => {
    const anyAnswer: fc.Arbitrary<ScriptStep> = fc
      .record({
        thought: fc.constantFrom(undefined, "hm"),
        text: fc.constantFrom([], ["x", "y"]),
        fails: fc.constantFrom("no", "retryable", "for good"),
        retryAfterMs: fc.constantFrom(undefined, 5_000),
      })
      .map(({ thought, text, fails, retryAfterMs }) => ({
        text,
        ...(thought === undefined ? {} : { thought }),
        ...(fails === "no"
          ? {}
          : {
              error: {
                retryable: fails === "retryable",
                ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
              },
            }),
      }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(anyAnswer, { minLength: 12, maxLength: 12 }), {
          minLength: 1,
          maxLength: 3,
        }),
        fc.array(fc.constantFrom(0, 5_000, 60_000), { minLength: 12, maxLength: 12 }),
        async (scripts, waits) => {
          const time = clock();
          const models = scripts.map((script, index) =>
            createScriptedModel(
              script.map((step) =>
                typeof step === "string"
                  ? step
                  : { ...step, text: (step.text as string[]).map((text) => `${index}${text}`) },
              ),
              { id: `m${index}` },
            ),
          );
          const model = createFailOverModel(models, time);
          for (const wait of waits) {
            const events = await collect(model, pingRequest);
            expect(["", "0x0y", "1x1y", "2x2y"]).toContain(textOf(events));
            expect(events.filter((event) => event.type === "done" || event.type === "error")).toHaveLength(1);
            expect(["done", "error"]).toContain(events.at(-1)?.type);
            time.pass(wait);
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});
