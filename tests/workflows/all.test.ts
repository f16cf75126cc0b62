import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Tool } from "../../src/core/tool.ts";
import { workflowGroups, type Step, type Workflow } from "../../src/core/workflow.ts";
import { loadPersonas } from "../../src/definitions/load-personas.ts";
import { loadWorkflows } from "../../src/definitions/load-workflows.ts";
import { decideToolCall, type SafetyMode } from "../../src/safety/policy.ts";
import { describeGraph } from "../../src/scheduler/graph/nodes.ts";
import { formatGraphSvg } from "../../src/scheduler/graph/svg.ts";
import { formatGraphText } from "../../src/scheduler/graph/text.ts";
import { checkWorkflowSet } from "../../src/scheduler/language/check-set.ts";
import { workflowLanguage } from "../../src/scheduler/language/index.ts";
import { allSteps } from "../../src/scheduler/language/walk-steps.ts";
import { simulateWorkflow } from "../../src/scheduler/simulate.ts";
import { createStore, openDatabase, type OpenStore } from "../../src/store/index.ts";
import { readShipped, shippedTexts, workflowFolder } from "./shipped.ts";
import { createRealTools, personaFolder } from "./tools.ts";

let store: OpenStore;
let tools: ReadonlyMap<string, Tool>;
let personas: readonly string[];
const folder = await mkdtemp(join(tmpdir(), "parlance-all-"));
beforeAll(async () => {
  store = await createStore(await openDatabase(join(folder, "store.db")));
  const place = { store, workspace: folder, origin: "http://127.0.0.1:9", now: Date.now };
  tools = new Map(createRealTools(place).map((tool) => [tool.name, tool]));
  personas = [...(await loadPersonas([personaFolder], { maxSteps: 20 })).personas.keys()];
});
afterAll(async () => {
  await store.close();
  await store.database.close();
  await rm(folder, { recursive: true, force: true });
});

const names = [...shippedTexts.keys()];
/** Where nobody but ourselves sees what becomes of it. */
const ownPlaces = new Set(["file_write", "file_edit", "remember"]);
/** What they tell is ours, or stands on the machine's own clock. */
const inside = new Set(["calculator", "date_and_time", "calendar_free_time"]);
/** What has no network between. */
const onDisk = new Set([...ownPlaces, "calculator", "file_read", "file_search", "git_read", "read_document"]);
const modes: readonly SafetyMode[] = ["safe", "cautious", "paranoid", "yolo"];
const samples = { text: "v1", number: 1, boolean: true, list: ["https://example.org/"], object: {} };

describe("the shipped workflows", () => {
  it("are forty, in the folders of their groups, and read by the service without a fault", async () => {
    expect(names).toHaveLength(40);
    const { workflows, faults } = await loadWorkflows([workflowFolder], workflowLanguage);
    expect(faults).toEqual([]);
    expect(workflows.size).toBe(40);
    for (const { workflow, file } of workflows.values())
      expect(file).toContain(`/${workflow.group}/${workflow.name}.yaml`);
    const groups = Map.groupBy(workflows.values(), ({ workflow }) => workflow.group);
    expect([...groups.keys()].toSorted()).toEqual(workflowGroups.toSorted());
    for (const [group, all] of groups) expect(all.length, group).toBeGreaterThanOrEqual(4);
  });

  it("name only tools, personas and workflows that there are, and give them what they take", () => {
    const all = new Map(names.map((name) => [name, readShipped(name)]));
    const schemas = new Map([...tools].map(([name, { inputSchema }]) => [name, inputSchema]));
    expect([...checkWorkflowSet(all, { tools: schemas, personas })]).toEqual([]);
  });

  it("are each played by a test", () => {
    const here = fileURLToPath(new URL(".", import.meta.url));
    const tests = readdirSync(here)
      .filter((file) => file.endsWith(".test.ts"))
      .map((file) => readFileSync(join(here, file), "utf8"))
      .join("\n");
    expect(
      names.filter((name) => !tests.includes(`await play("${name}"`) && !tests.includes(`play("${name}", {`)),
    ).toEqual([]);
  });
});

describe.each(names)("%s", (name) => {
  const workflow = readShipped(name);
  const steps = allSteps(workflow.steps);

  it("says in plain words what it does, what it needs, and what each input is", () => {
    expect(workflow.text).toMatch(/^# \p{Lu}/u);
    expect(workflow.description).toMatch(/^\p{Lu}.{30,}\.$/u);
    for (const [input, { description = "" }] of Object.entries(workflow.inputs))
      expect(description, input).toMatch(/^\p{Lu}.{8,}\.$/su);
    expect(Object.keys(workflow.outputs).length).toBeGreaterThan(0);
  });

  it("gives every call, question and persona its time, and tries again what reads from outside", () => {
    for (const step of steps) {
      if (["tool", "ask", "approve", "workflow"].includes(step.kind))
        expect(step.timeoutMs, step.id).toBeGreaterThan(0);
      const isTriedAgain = ("retry" in step && step.retry !== undefined) || step.onError !== "fail";
      if (step.kind === "ask") {
        expect(isTriedAgain, step.id).toBe(true);
        // What it reads may be from anybody: it has no tool to be led to.
        expect(step.tools, step.id).toEqual([]);
      }
      if (step.kind === "tool" && !onDisk.has(step.tool)) expect(isTriedAgain, step.id).toBe(true);
    }
  });

  it("does something with what each step gives, and gives each call what the tool takes", () => {
    for (const step of steps) {
      const isUsed = workflow.text.includes(`steps.${step.id}.`) || isLastOfList(workflow.steps, step.id);
      if (step.kind === "ask") {
        expect(step.prompt, step.id).toContain("{{");
        expect(isUsed, step.id).toBe(true);
      }
      if (step.kind !== "tool") continue;
      const tool = tools.get(step.tool);
      if (tool?.effect === "read") expect(isUsed, step.id).toBe(true);
      const { properties = {}, required = [] } = (tool?.inputSchema ?? {}) as {
        properties?: Readonly<Record<string, unknown>>;
        required?: readonly string[];
      };
      expect(Object.keys(properties), step.id).toEqual(expect.arrayContaining(Object.keys(step.with)));
      expect(Object.keys(step.with), step.id).toEqual(expect.arrayContaining([...required]));
    }
    expect(steps.some(({ kind }) => kind === "tool" || kind === "ask")).toBe(true);
    // What is said or written says something that was found out.
    const loops = steps.flatMap((step) => (step.kind === "each" ? [step.as] : []));
    const pattern = new RegExp(String.raw`\{\{[^]*\b(steps|${["steps", ...loops].join("|")})\b`);
    const told = steps.map((step) => {
      if (step.kind === "send") return step.text;
      return step.kind === "tool" && tools.get(step.tool)?.effect !== "read" ? JSON.stringify(step.with) : "";
    });
    expect(told.some((text) => pattern.test(text))).toBe(true);
  });

  it("lets a person see what others will see, before they do", () => {
    for (const { step, before } of inOrder(workflow.steps)) {
      if (step.kind === "send" && step.to !== "owner") expect(isGuarded(step, before), step.id).toBe(true);
      if (step.kind === "approve" && step.default === "approve")
        expect(step.question, `${step.id}: silence lets only words through that were known before`).not.toMatch(
          /steps\.|trigger/,
        );
      const tool = step.kind === "tool" ? tools.get(step.tool) : undefined;
      if (tool === undefined || tool.effect === "read" || ownPlaces.has(tool.name)) continue;
      // The policy asks with the very words, whatever the mode, once text from outside is in the run.
      const isTainted = before.some(
        (one) => one.kind === "tool" && !inside.has(one.tool) && tools.get(one.tool)?.effect === "read",
      );
      const verdicts = modes.map(
        (safetyMode) => decideToolCall({ effect: tool.effect, isTainted, safetyMode, role: "owner" }).verdict,
      );
      expect(verdicts, step.id).not.toContain("allow");
    }
  });

  it("can be simulated and drawn", () => {
    const inputs = Object.fromEntries(
      Object.entries(workflow.inputs).flatMap(([key, { isRequired, type }]) =>
        isRequired ? [[key, samples[type]]] : [],
      ),
    );
    const simulation = simulateWorkflow(
      workflow,
      { inputs },
      {
        now: Date.UTC(2026, 0, 5, 9),
        owner: { name: "Ada", timeZone: "Europe/Berlin" },
        tool: (wanted) => {
          const effect = tools.get(wanted)?.effect;
          return effect && { effect, asksPerson: effect !== "read" };
        },
        estimateCost: (_persona, chars) => chars,
      },
    );
    expect(
      simulation.steps.flatMap(({ path, problem }) => (problem === undefined ? [] : [`${path}: ${problem}`])),
    ).toEqual([]);
    expect(simulation.steps.some(({ isDone }) => isDone === "certain")).toBe(true);
    const graph = describeGraph(workflow);
    expect(formatGraphText(graph).length).toBeGreaterThan(workflow.steps.length);
    expect(formatGraphSvg(graph)).toMatch(/^<svg .*<\/svg>$/s);
  });
});

/** Steps with those that are done before them, as far as a step can know. */
function* inOrder(
  steps: readonly Step[],
  outer: readonly Step[] = [],
): Generator<{ readonly step: Step; readonly before: readonly Step[] }> {
  const before = [...outer];
  for (const step of steps) {
    yield { step, before: [...before] };
    for (const list of listsOf(step)) yield* inOrder(list, before);
    before.push(step, ...listsOf(step).flatMap((list) => allSteps(list)));
  }
}

function listsOf(step: Step): readonly (readonly Step[])[] {
  const onError = Array.isArray(step.onError) ? [step.onError as readonly Step[]] : [];
  if (step.kind === "each") return [step.steps, ...onError];
  return step.kind === "switch" ? [...step.cases.map((one) => one.steps), step.else, ...onError] : onError;
}

/** A gate before it ends the run when it stays closed, or the step looks at what became of it. */
function isGuarded(step: Step, before: readonly Step[]): boolean {
  return before.some(
    (gate) => gate.kind === "approve" && (gate.onError === "fail" || step.if === `steps.${gate.id}.state == "done"`),
  );
}

/** The output of a list's last step is that of the list. */
function isLastOfList(steps: Workflow["steps"], id: string): boolean {
  return steps.some((step) => listsOf(step).some((list) => list.at(-1)?.id === id || isLastOfList(list, id)));
}
