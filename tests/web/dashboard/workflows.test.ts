import * as fc from "fast-check";
import { setImmediate } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import type {
  RunCommand as ServerCommand,
  RunDetail,
  RunView,
  WorkflowDetail,
  WorkflowList,
} from "../../../src/core/workflow-board.ts";
import type { Reply } from "../../../src/web/dashboard/inbox/desk-client.ts";
import { formatRoute, parseRoute, type Route } from "../../../src/web/dashboard/route.ts";
import type * as page from "../../../src/web/dashboard/workflows/board-types.ts";
import { openLive, type Live } from "../../../src/web/dashboard/workflows/live-value.ts";
import {
  describeRun,
  formatCost,
  formatTook,
  listCommands,
  listSelfStarting,
  readInputs,
} from "../../../src/web/dashboard/workflows/run-words.ts";

// The page has types of its own; the compiler holds them against the server's.
export const asPageReads = {
  list: (list: WorkflowList): page.WorkflowList => list,
  workflow: (workflow: WorkflowDetail): page.WorkflowDetail => workflow,
  run: (run: RunView): page.Run => run,
  detail: (run: RunDetail): page.RunDetail => run,
  command: ({ command }: page.RunCommand): ServerCommand => command,
};

describe("places", () => {
  it("are read as they are written", () => {
    const item = fc.option(fc.stringMatching(/^[a-z0-9-]{1,60}$/), { nil: undefined });
    const route: fc.Arbitrary<Route> = fc.oneof(
      item.map((name) => ({ page: "workflows" as const, name })),
      item.map((id) => ({ page: "runs" as const, id })),
    );
    fc.assert(
      fc.property(route, (place) => {
        expect(parseRoute(formatRoute(place))).toEqual(place);
      }),
    );
  });

  it("lead to the chat where they are none", () => {
    for (const hash of ["#/runs/<b>", "#/workflows/../x", "#/runs/a/b", "#/run"])
      expect(parseRoute(hash)).toEqual({ page: "chat", chat: undefined });
  });
});

describe("words", () => {
  it("say how long and how much", () => {
    expect([0, 999, 1_000, 59_949, 60_000, 3_600_000, 400_000_000].map(formatTook)).toEqual([
      "0 ms",
      "999 ms",
      "1.0 s",
      "59.9 s",
      "1 min",
      "1.0 h",
      "5 days",
    ]);
    expect([0, 4_200, 1_000_000].map(formatCost)).toEqual(["", "$0.0042", "$1.0000"]);
  });

  it("offer what can be asked of a run, and nothing while something is asked", () => {
    const commands = (state: page.Run["state"], order: page.Run["order"] = "none") => listCommands({ state, order });
    expect(commands("active")).toEqual(["pause", "cancel"]);
    expect(commands("active", "pause")).toEqual([]);
    expect(commands("paused")).toEqual(["resume", "cancel"]);
    expect(commands("failed")).toEqual(["retry"]);
    expect(commands("skipped")).toEqual([]);
    expect(describeRun({ state: "active", order: "cancel" }).text).toBe("is to end");
  });

  it("list what starts by itself: by time, then what waits for something else; nothing shipped or by hand only", () => {
    const workflow = (name: string, more: Partial<page.Workflow> = {}) =>
      ({ name, isOwn: true, triggers: ["on decision"], ...more }) as page.Workflow;
    const listed = listSelfStarting([
      workflow("b", { nextAt: 5 }),
      workflow("c"),
      workflow("by hand", { triggers: [] }),
      workflow("shipped", { isOwn: false }),
      workflow("a", { nextAt: 2 }),
    ]);
    expect(listed.map(({ name }) => name)).toEqual(["a", "b", "c"]);
  });

  it("read a form: what was left empty is left out, a box is yes or no", () => {
    const form = new Map<string, unknown>([
      ["text", " x "],
      ["empty", "  "],
      ["on", "on"],
    ]);
    const inputs = (["text", "empty", "missing"] as const).map((name) => ({ name, type: "text" as const }));
    const boxes = (["on", "off"] as const).map((name) => ({ name, type: "boolean" as const }));
    const read = readInputs([...inputs, ...boxes], { get: (name) => form.get(name) ?? null });
    expect(read).toEqual({ text: " x ", on: true, off: false });
  });
});

describe("a live value", () => {
  let shown: Live<number>;
  let tell: (ref: string) => void;
  let hear: (isHeard: boolean) => void;
  let answers: PromiseWithResolvers<Reply<number>>[];
  let opened: { reload(): void; close(): void };
  let timers: { run(): void; dueAt: number }[];
  let now: number;
  beforeEach(() => {
    answers = [];
    timers = [];
    now = 0;
    opened = openLive<number>({
      load() {
        const answer = Promise.withResolvers<Reply<number>>();
        answers.push(answer);
        return answer.promise;
      },
      listen(onEvent, onHeard) {
        [tell, hear] = [onEvent, onHeard];
        return () => undefined;
      },
      isWanted: (ref) => ref === "mine",
      setTimer(run, delayMs) {
        const timer = { run, dueAt: now + delayMs };
        timers.push(timer);
        return () => void (timers = timers.filter((each) => each !== timer));
      },
      onChange: (live) => (shown = live),
    });
  });
  async function pass(ms: number): Promise<void> {
    now += ms;
    const due = timers.filter(({ dueAt }) => dueAt <= now);
    timers = timers.filter(({ dueAt }) => dueAt > now);
    for (const { run } of due) run();
    await setImmediate();
  }
  const answer = async (index: number, value: number) => {
    answers[index]?.resolve({ isDone: true, value });
    await pass(0);
  };

  it("is read again once after a burst of news, and once more when it has settled", async () => {
    await answer(0, 1);
    for (let count = 0; count < 5; count += 1) tell("mine");
    tell("another's");
    await pass(200);
    expect(answers).toHaveLength(2);
    await pass(2_000);
    expect(answers).toHaveLength(3);
    await answer(2, 3);
    expect(shown).toEqual({ value: 3, isLost: false });
  });

  it("asks for nothing once it is closed", async () => {
    tell("mine");
    opened.close();
    await pass(5_000);
    expect(answers).toHaveLength(1);
  });

  it("never shows what is older than what it showed", async () => {
    opened.reload();
    await answer(1, 2);
    await answer(0, 1);
    expect(shown.value).toBe(2);
  });

  it("is read anew when the server is heard again, for what happened meanwhile", async () => {
    await answer(0, 1);
    hear(false);
    expect(shown).toMatchObject({ value: 1, isLost: true });
    hear(true);
    await pass(200);
    await answer(1, 2);
    expect(shown).toEqual({ value: 2, isLost: false });
  });

  it("keeps what it has when reading fails, and tries again where that may help", async () => {
    await answer(0, 1);
    opened.reload();
    answers[1]?.resolve({ isDone: false, status: 0, problem: "Not reached." });
    await pass(0);
    await pass(3_100);
    expect(shown).toMatchObject({ value: 1, problem: "Not reached.", isLost: true });
    expect(answers).toHaveLength(3);
    answers[2]?.resolve({ isDone: false, status: 404, problem: "Gone." });
    await pass(0);
    await pass(10_000);
    expect(answers).toHaveLength(3);
  });
});
