import { describe, expect, it } from "vitest";
import type { Workflow } from "../../src/core/workflow.ts";
import { parseWorkflow } from "../../src/scheduler/language/parse-workflow.ts";
import { simulateWorkflow, type SimulateDeps } from "../../src/scheduler/simulate.ts";
import { allKinds } from "./all-kinds.ts";

const deps: SimulateDeps = {
  now: Date.UTC(2026, 0, 5, 9),
  owner: { name: "Ada", timeZone: "UTC" },
  tool: (name) =>
    name === "missing"
      ? undefined
      : { effect: name === "page_someone" ? "send" : "read", asksPerson: name === "page_someone" },
  estimateCost: (persona, chars) => (persona === "general" ? chars * 10 : undefined),
};
const parse = (text: string, name: string) => parseWorkflow(name, text).workflow as Workflow;
const short = (text: string, given = {}) =>
  simulateWorkflow(parse(`name: x\ndescription: d\ngroup: research\n${text}`, "x"), given, deps).steps.map(
    ({ path, isDone, times, problem }) =>
      `${path} ${isDone} ${times ?? "?"}${problem === undefined ? "" : ` ${problem}`}`,
  );

describe("a dry run", () => {
  it("says what would be done, how often, for certain or perhaps, and what it would cost", () => {
    const simulation = simulateWorkflow(parse(allKinds, "all-kinds"), {}, deps);
    expect(
      simulation.steps.map(
        ({ path, isDone, times, asksPerson }) => `${path} ${isDone} ${times}${asksPerson ? " asks" : ""}`,
      ),
    ).toEqual([
      "plan certain 1",
      "note certain 1",
      "gate certain 1 asks",
      "route certain 1",
      "route.page perhaps 1 asks",
      "route.calm perhaps 1",
      "gather certain 1",
      "gather.fetch certain 3",
      "gather.say certain 3",
      "pause certain 1",
      "sub certain 1",
      "done certain 1",
    ]);
    expect(simulation).toMatchObject({ maxCostMicros: "Plan for weather".length * 10, isCostComplete: true });
    expect(simulation.steps[0]?.input).toEqual({ prompt: "Plan for weather" });
    expect(simulation.steps[1]?.input).toEqual({ text: "{{ steps.plan.output.severity }} for {{ inputs.topic }}" });
  });

  it("follows what is assumed of steps", () => {
    const simulation = simulateWorkflow(parse(allKinds, "all-kinds"), { assumed: { plan: { severity: 2 } } }, deps);
    expect(simulation.steps.map(({ path }) => path)).not.toContain("route.page");
    expect(simulation.steps.find(({ path }) => path === "route.calm")?.isDone).toBe("certain");
    expect(simulation.steps[1]?.input).toEqual({ text: "2 for weather" });
  });

  it("leaves out what a condition rules out, and what follows from that", () => {
    const steps = `steps:
  - { id: a, if: "false", wait: 1s }
  - { id: b, if: steps.a.output == null, wait: 1s }
  - { id: c, each: "[]", steps: [{ id: d, wait: 1s }] }
`;
    expect(short(steps)).toEqual(["a skipped 1", "b certain 1", "c certain 1"]);
  });

  it("knows no length of a list that a step gives, and no price of an unknown persona", () => {
    const steps = `steps:
  - { id: a, ask: other, prompt: p }
  - { id: b, each: steps.a.output, as: one, steps: [{ id: c, if: one > 2, wait: 1s }] }
`;
    expect(short(steps)).toEqual(
      ["a certain 1", "b certain 1", "c perhaps ?"].map((line) => line.replace(/^c/, "b.c")),
    );
  });

  it("says what would be wrong", () => {
    const steps = "steps:\n  - { id: a, tool: missing }\n  - { id: b, if: trigger.x == 1, wait: 1s }\n";
    expect(short(steps)).toEqual([
      'a certain 1 There is no tool "missing".',
      expect.stringMatching(/^b perhaps 1 The expression "trigger.x == 1" has no value: No such key: x\./),
    ]);
    expect(short(steps, { trigger: { x: 1 } })[1]).toBe("b certain 1");
    expect(() => short("inputs: { a: { type: text } }\nsteps: [{ id: b, wait: 1s }]\n")).toThrow(/"a" is required/);
  });
});
