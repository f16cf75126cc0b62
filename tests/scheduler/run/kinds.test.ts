import { afterEach, describe, expect, it } from "vitest";
import { AppError } from "../../../src/core/errors.ts";
import type { AskRequest } from "../../../src/scheduler/run/contracts.ts";
import { allKinds, small } from "../all-kinds.ts";
import { byHand, createQuestions, openScene, parseAll, type Scene, type SceneOptions } from "./scene.ts";

let scene: Scene;
afterEach(() => scene.close());

const workflow = (steps: string, head = "") => `name: x\ndescription: d\ngroup: research\n${head}steps:\n${steps}`;

async function open(steps: string, extra: Partial<SceneOptions> & { head?: string } = {}): Promise<Scene> {
  scene = await openScene({ ...extra, workflows: [workflow(steps, extra.head), ...(extra.workflows ?? [])] });
  return scene;
}

async function runThrough(steps: string, extra: Partial<SceneOptions> & { head?: string; inputs?: object } = {}) {
  await open(steps, extra);
  const { id } = await scene.start("x", (extra.inputs ?? {}) as Record<string, unknown>);
  await scene.workThrough();
  return scene.run(id);
}

describe("a run", () => {
  it("does all kinds of steps, one after the other", async () => {
    scene = await openScene({ workflows: [allKinds, small] });
    const { id } = await scene.start("all-kinds");
    await scene.work();
    const [gate] = await scene.pending();
    expect(gate).toMatchObject({ question: "Go on with weather?", conversation: `workflow:${id}` });
    await scene.answer(gate, "approved");
    await scene.workThrough();
    expect(await scene.run(id)).toMatchObject({ state: "done", outputs: { severity: 5, answer: "3!" } });
    expect(await scene.steps(id)).toEqual([
      "plan done",
      "note done",
      "gate done",
      "route done",
      "route.page done",
      "gather done",
      "gather[0].fetch done",
      "gather[1].fetch done",
      "gather[0].say done",
      "gather[1].say done",
      "gather[2].fetch done",
      "gather[2].say done",
      "pause done",
      "sub done",
      "done done",
    ]);
    expect(await scene.sent()).toEqual([
      "Go on with weather?",
      "rome: 4",
      "oslo: 4",
      "lima: 4",
      "weather: 3!, gate true",
    ]);
    const steps = await scene.store.workflows.steps(id);
    expect(steps[0]).toMatchObject({ input: { prompt: "Plan for weather" }, output: { severity: 5 }, costMicros: 15 });
  });

  it("keeps to the version of its file that it began with", async () => {
    const first = workflow("  - { id: a, wait: 1h }\n  - { id: b, send: owner, text: first }\n");
    const second = workflow("  - { id: z, send: owner, text: second }\n");
    let current = parseAll([first]);
    scene = await openScene({ workflows: [], deps: { workflow: (name) => current.get(name) } });
    const { id } = await scene.start("x");
    await scene.work();
    current = parseAll([second]);
    const { id: later } = await scene.start("x");
    await scene.workThrough();
    expect([(await scene.run(id)).state, (await scene.run(later)).state]).toEqual(["done", "done"]);
    expect(await scene.sent()).toEqual(["second", "first"]);
  });

  it("goes on at once when the workflow that it started has ended", async () => {
    scene = await openScene({ workflows: [workflow("  - { id: sub, workflow: small, with: { text: hi } }\n"), small] });
    const { id } = await scene.start("x");
    await scene.work();
    expect((await scene.run(id)).state).toBe("done");
  });

  it("fails where the workflow that it started does, and says why", async () => {
    const broken = "name: small\ndescription: d\ngroup: research\nsteps: [{ id: a, tool: nonsense }]\n";
    scene = await openScene({ workflows: [workflow("  - { id: sub, workflow: small }\n"), broken] });
    const { id } = await scene.start("x");
    await scene.work();
    expect((await scene.run(id)).reason).toMatch(/^sub: The workflow small failed: a: There is no tool/);
  });

  it("waits for the workflow that it started only as long as it says, and ends it", async () => {
    const long = "name: small\ndescription: d\ngroup: research\nsteps: [{ id: w, wait: 2h }]\n";
    scene = await openScene({
      workflows: [workflow("  - { id: sub, workflow: small, timeout: 30m, onError: continue }\n"), long],
    });
    const { id } = await scene.start("x");
    await scene.workThrough();
    expect(await scene.run(id)).toMatchObject({ state: "done" });
    expect(await scene.steps(id)).toEqual(["sub failed"]);
    const [child] = await scene.store.workflows.runs({ workflow: "small" }, 1);
    expect(child).toMatchObject({ state: "cancelled", reason: "It took too long." });
  });

  it("is one, however often the same event sets it off", async () => {
    await open("  - { id: a, send: owner, text: hello }\n");
    const request = { workflow: "x", cause: byHand, dedupKey: "slot 1" };
    const made = await Promise.all([scene.runner.start(request), scene.runner.start(request)]);
    expect(made.filter(({ isNew }) => isNew)).toHaveLength(1);
    await scene.workThrough();
    expect((await scene.runner.start(request)).isNew).toBe(false);
    expect(await scene.sent()).toEqual(["hello"]);
  });

  it("does not start with wrong inputs, and says all that is wrong", async () => {
    await open("  - { id: a, wait: 1s }\n", {
      head: "inputs: { who: { type: text }, days: { type: number, default: 1 } }\n",
    });
    await expect(scene.start("x", { dayz: 3, days: "many" })).rejects.toMatchObject({
      code: "bad-input",
      message:
        'The workflow x cannot start. There is no input "dayz"; did you mean "days"? The input "who" is required: a text. The input "days" must be a number.',
    });
    await expect(scene.start("nothing")).rejects.toMatchObject({ code: "not-found" });
  });
});

describe("a step", () => {
  it("is skipped where its condition is false, and those behind it see nothing of it", async () => {
    const steps = `  - { id: a, if: inputs.isOn, send: owner, text: a }
  - { id: b, send: owner, text: "{{ steps.a.state }} {{ steps.a.output == null }}" }
`;
    await runThrough(steps, { head: "inputs: { isOn: { type: boolean } }\n", inputs: { isOn: false } });
    expect(await scene.sent()).toEqual(["skipped true"]);
  });

  it("fails its run where a condition is neither true nor false", async () => {
    const run = await runThrough("  - { id: a, if: '1', send: owner, text: a }\n");
    expect(run).toMatchObject({ state: "failed", reason: expect.stringMatching(/^a: What stands after if must be/) });
  });

  it("is tried again after growing pauses, as often as it says", async () => {
    await open("  - { id: a, tool: shaky, with: { failures: 2 }, retry: { attempts: 3, backoff: 10s } }\n");
    const { id } = await scene.start("x");
    await scene.work();
    const [row] = await scene.store.workflows.steps(id);
    expect(row).toMatchObject({ state: "retrying", attempt: 1, dueAt: scene.clock.now() + 10_000 });
    scene.clock.advance(10_000);
    await scene.work();
    expect((await scene.store.workflows.steps(id))[0]).toMatchObject({ attempt: 2, dueAt: scene.clock.now() + 20_000 });
    scene.clock.advance(20_000);
    await scene.work();
    expect((await scene.store.workflows.steps(id))[0]).toMatchObject({
      state: "done",
      attempt: 3,
      output: "held after 2",
    });
  });

  it("gives up after its last attempt, and the run says why", async () => {
    const run = await runThrough(
      "  - { id: a, tool: shaky, with: { failures: 9 }, retry: { attempts: 2, backoff: 1s } }\n",
    );
    expect(run).toMatchObject({ state: "failed", reason: "a: It shook." });
    expect(scene.world.read()).toHaveLength(2);
  });

  it("is not tried again where that cannot help", async () => {
    await runThrough("  - { id: a, tool: shaky, with: { failures: 9, code: forbidden }, retry: { attempts: 5 } }\n");
    expect(scene.world.read()).toHaveLength(1);
  });

  it("is tried again by itself after a failure that asks for it", async () => {
    const run = await runThrough("  - { id: a, tool: shaky, with: { failures: 1, wait: 30000 } }\n");
    expect(run.state).toBe("done");
    expect(scene.world.read()).toHaveLength(2);
  });

  it("may fail without its run, and be answered with other steps", async () => {
    const steps = `  - { id: a, tool: shaky, with: { failures: 9 }, onError: continue }
  - { id: b, tool: shaky, with: { failures: 9 }, onError: [{ id: c, send: owner, text: "b: {{ steps.b.error }}" }] }
  - { id: d, send: owner, text: "{{ steps.a.state }} {{ steps.a.error }}" }
`;
    expect((await runThrough(steps)).state).toBe("done");
    expect(await scene.sent()).toEqual(["b: It shook.", "failed It shook."]);
    expect(await scene.steps((await scene.store.workflows.runs({}, 1))[0]?.id ?? "")).toEqual([
      "a failed",
      "b failed",
      "b.c done",
      "d done",
    ]);
  });

  it("ends when its time does", async () => {
    const run = await runThrough("  - { id: a, tool: hang, timeout: 50ms }\n");
    expect(run).toMatchObject({ state: "failed", reason: "a: The tool hang took longer than 0.05 s." });
  });

  it("names a tool, a place or a value that is not there", async () => {
    const reason = async (steps: string) => {
      const run = await runThrough(steps);
      await scene.close();
      return run.reason;
    };
    expect(await reason("  - { id: a, tool: nonsense }\n")).toMatch(/^a: There is no tool "nonsense"/);
    expect(await reason("  - { id: a, send: nobody, text: t }\n")).toMatch(/^a: There is nobody to send this to/);
    expect(await reason('  - { id: a, send: owner, text: "{{ trigger.issue.title }}" }\n')).toMatch(
      /No such key: issue/,
    );
    await open("  - { id: a, wait: 1s }\n");
  });
});

describe("each", () => {
  it("works on `limit` items at a time, and gives the outputs in order", async () => {
    let now = 0;
    let most = 0;
    const slow = {
      ...(await import("./world.ts")).makeTool("slow", "read", async ({ n }) => {
        most = Math.max(most, (now += 1));
        await new Promise((resolve) => setTimeout(resolve, 5));
        now -= 1;
        return { text: `got ${String(n)}`, isOutside: false };
      }),
    };
    const run = await runThrough(
      `  - { id: all, each: "[1, 2, 3, 4, 5, 6, 7]", as: n, limit: 3, steps: [{ id: one, tool: slow, with: { n: "{{ n }}" } }] }\n`,
      { deps: { tool: () => slow }, head: 'outputs: { all: "{{ steps.all.output }}" }\n' },
    );
    expect(most).toBe(3);
    expect(run.outputs).toEqual({ all: ["got 1", "got 2", "got 3", "got 4", "got 5", "got 6", "got 7"] });
  });

  it("keeps items one after the other while one of them waits", async () => {
    await open(
      `  - { id: all, each: "[1, 2]", as: n, steps: [{ id: say, send: owner, text: "{{ n }}" }, { id: w, wait: 1h }] }\n`,
    );
    await scene.start("x");
    await scene.work();
    expect(await scene.sent()).toEqual(["1"]);
    await scene.workThrough();
    expect(await scene.sent()).toEqual(["1", "2"]);
  });

  it("fails with its first item that fails, and begins no other one", async () => {
    const run = await runThrough(
      `  - { id: all, each: "['test:a', 'nobody', 'test:b']", as: who, steps: [{ id: say, send: "{{ who }}", text: hi }] }\n`,
    );
    expect(run).toMatchObject({
      state: "failed",
      reason: expect.stringMatching(/^all: all\[1\]\.say: There is nobody/),
    });
    expect(await scene.sent()).toEqual(["hi"]);
  });
});

describe("a wait", () => {
  it("lasts as long as it says, through restarts", async () => {
    await open('  - { id: a, wait: "{{ inputs.long }}" }\n', {
      head: "inputs: { long: { type: text, default: 90m } }\n",
    });
    const { id } = await scene.start("x");
    await scene.work();
    scene.clock.advance(89 * 60_000);
    await scene.work();
    expect((await scene.run(id)).state).toBe("active");
    scene.clock.advance(60_000);
    await scene.work();
    expect((await scene.run(id)).state).toBe("done");
  });

  it("waits until a time, or until something is so", async () => {
    const steps = `  - { id: a, wait: { until: 'timestamp("2026-01-05T10:00:00Z")' } }
  - { id: b, wait: { until: 'now > timestamp("2026-01-05T11:30:00Z")' } }
`;
    await runThrough(steps);
    const [a, b] = await scene.store.workflows.steps((await scene.store.workflows.runs({}, 1))[0]?.id ?? "");
    expect(new Date(a?.endedAt ?? 0).toISOString()).toBe("2026-01-05T10:00:00.000Z");
    expect(new Date(b?.endedAt ?? 0).toISOString()).toBe("2026-01-05T11:31:00.000Z");
  });
});

describe("an ask", () => {
  it("is asked again where the answer is not of the form that was asked for", async () => {
    const answers = ["no idea", '```json\n{"severity": "high"}\n```', 'It is {"severity": 2}.'];
    const run = await runThrough(
      "  - { id: a, ask: general, prompt: p, output: { type: object, required: [severity], properties: { severity: { type: number } } } }\n",
      {
        deps: { ask: async () => ({ kind: "answer", text: answers.shift() ?? "", isOutside: true }) },
        head: 'outputs: { n: "{{ steps.a.output.severity + 1 }}" }\n',
      },
    );
    expect(run).toMatchObject({ state: "done", outputs: { n: 3 } });
  });

  it("rests for people's answers about its calls, and goes on with them", async () => {
    const seen: Array<Pick<AskRequest, "turnId"> & { states: string[] }> = [];
    await open("  - { id: a, ask: general, prompt: p }\n", {
      deps: {
        ask: async (request) => {
          seen.push({ turnId: request.turnId, states: [...request.approvals.values()].map(({ state }) => state) });
          if (request.approvals.size > 0) return { kind: "answer", text: "done", isOutside: false };
          const place = { ...request, expiresAt: scene.clock.now() + 60_000 };
          const question = { callId: "c1", tool: "pay", input: {}, question: "Pay?" };
          return { kind: "waiting", questions: createQuestions(scene.clock, place, [question]) };
        },
      },
    });
    const { id } = await scene.start("x");
    await scene.work();
    expect(await scene.steps(id)).toEqual(["a waiting"]);
    await scene.answer((await scene.pending())[0], "denied");
    expect((await scene.run(id)).state).toBe("done");
    expect(seen.map(({ states }) => states)).toEqual([[], ["denied"]]);
    expect(new Set(seen.map(({ turnId }) => turnId)).size).toBe(1);
  });

  it("counts what a failed attempt cost", async () => {
    let tries = 0;
    const run = await runThrough("  - { id: a, ask: general, prompt: p, retry: { attempts: 2, backoff: 1s } }\n", {
      deps: {
        ask: async ({ onSpend }) => {
          onSpend(7);
          if ((tries += 1) === 1) throw new AppError("model-failed", "It broke off.");
          return { kind: "answer", text: "fine", isOutside: false };
        },
      },
    });
    expect((await scene.store.workflows.steps(run.id))[0]).toMatchObject({ attempt: 2, costMicros: 14 });
  });
});

describe("a call of a tool", () => {
  it("is not made where it is refused, and made once a person allowed it", async () => {
    const asks = {
      decideCall: async ({ approval }: { approval: { state: string } | undefined }) =>
        approval?.state === "approved"
          ? ({ verdict: "allow" } as const)
          : approval === undefined
            ? ({ verdict: "ask", reason: "Pay 5?" } as const)
            : ({ verdict: "deny", reason: "A person said no." } as const),
    };
    for (const [answer, effects, state] of [
      ["approved", ["paid 5"], "done"],
      ["denied", [], "failed"],
    ] as const) {
      await open("  - { id: a, tool: pay, with: { amount: 5 } }\n", { deps: asks });
      const { id } = await scene.start("x");
      await scene.work();
      expect(scene.world.read()).toEqual([]);
      await scene.answer((await scene.pending())[0], answer);
      expect(scene.world.read()).toEqual(effects);
      expect((await scene.run(id)).state).toBe(state);
      await scene.close();
    }
    await open("  - { id: a, wait: 1s }\n");
  });

  it("taints what comes after it, where it brought in text from outside", async () => {
    const seen: boolean[] = [];
    await runThrough(
      "  - { id: a, tool: pay, with: { amount: 1 } }\n  - { id: b, tool: fetch_weather, with: { place: rome } }\n  - { id: c, tool: pay, with: { amount: 2 } }\n",
      {
        deps: {
          decideCall: async ({ isTainted }) => {
            seen.push(isTainted);
            return { verdict: "allow" };
          },
        },
      },
    );
    expect(seen).toEqual([false, false, true]);
  });
});
