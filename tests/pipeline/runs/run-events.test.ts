import { afterEach, describe, expect, it } from "vitest";
import { tellOfRuns } from "../../../src/pipeline/runs/tell-runs.ts";
import { createTriggers } from "./create-triggers.ts";
import { openScene, parseAll, type Scene } from "../../scheduler/run/scene.ts";

const head = (name: string) => `name: ${name}\ndescription: d\ngroup: research\n`;
const plain = (name: string) => `${head(name)}steps: [{ id: a, wait: 1ms }]\noutputs: { from: ${name} }\n`;
const failing = `${head("failing")}steps: [{ id: a, tool: shaky, with: { failures: 99 } }]\n`;
const after = (name: string, when: string, steps = "[{ id: a, wait: 1ms }]") =>
  `${head(name)}trigger: { event: run, when: '${when}' }\nsteps: ${steps}\n`;
let scene: Scene;
afterEach(() => scene.close());

/** A service with these workflows; `settle` goes on until nothing starts any more. */
async function open(texts: readonly string[]) {
  scene = await openScene({
    workflows: texts,
    wrap: (store) => ({ ...store, ...tellOfRuns(store, () => scene?.clock.now() ?? 0) }),
  });
  const triggers = createTriggers(scene, parseAll(texts).values());
  await triggers.onEvents();
  return async (rounds = 20) => {
    for (let round = 0; round < rounds; round += 1) {
      await scene.workThrough(5);
      await triggers.onEvents();
    }
  };
}
const runs = async () => (await scene.store.workflows.runs({}, 999)).toReversed();
const told = async () => (await runs()).map(({ workflow, state }) => `${workflow} ${state}`);

describe("a workflow that listens to runs", () => {
  it("starts once for each end of a run, with what became of it, and never for a run on its way", async () => {
    const settle = await open([
      plain("x"),
      failing,
      after(
        "watcher",
        'trigger.record.workflow != "watcher"',
        '[{ id: tell, send: owner, text: "{{ trigger.record.workflow }} {{ trigger.record.state }}" }]',
      ),
    ]);
    await scene.start("x");
    await settle(0);
    await scene.start("failing");
    await settle();
    expect((await scene.sent()).toSorted()).toEqual(["failing failed", "x done"]);
    const [, , watcher] = await runs();
    expect(watcher?.cause).toMatchObject({ kind: "event", payload: { event: "run" } });
  });

  it("can be held to failures, and starts anew for a run that fails again", async () => {
    const settle = await open([plain("x"), failing, after("alarm", 'trigger.record.state == "failed"')]);
    await scene.start("x");
    const { id } = await scene.start("failing");
    await settle();
    expect(await told()).toEqual(["x done", "failing failed", "alarm done"]);
    scene.clock.advance(1_000);
    await scene.runner.retry(id, "test:ada");
    await settle();
    expect((await told()).filter((one) => one === "alarm done")).toHaveLength(2);
  });

  it("leaves runs that belong to a step of another one to that one", async () => {
    const settle = await open([
      plain("x"),
      `${head("outer")}steps: [{ id: a, workflow: x }]\n`,
      after("watcher", 'trigger.record.workflow != "watcher"'),
    ]);
    await scene.start("outer");
    await settle();
    expect((await told()).filter((one) => one.startsWith("watcher"))).toHaveLength(1);
  });

  it("is never set off by what it set off itself, and says so in a run that was skipped", async () => {
    const settle = await open([plain("x"), after("watcher", "true")]);
    await scene.start("x");
    await settle();
    expect(await told()).toEqual(["x done", "watcher done", "watcher skipped"]);
    expect((await runs()).at(-1)?.reason).toMatch(/x → watcher → watcher.*when/s);
  });

  it("sets off another one that sets it off: neither goes round in circles", async () => {
    const settle = await open([plain("x"), after("one", "true"), after("two", "true")]);
    await scene.start("x");
    await settle();
    const states = Map.groupBy(await told(), (each) => each);
    expect(states.get("one done")?.length).toBe(2);
    expect(states.get("two done")?.length).toBe(2);
    expect((await told()).length).toBeLessThan(20);
  });

  it("ends a chain behind five runs that each set off the next, also where they call others", async () => {
    const names = ["b", "c", "d", "e", "f", "g", "h"];
    const settle = await open([
      plain("a"),
      plain("leaf"),
      ...names.map((name, index) =>
        after(
          name,
          `trigger.record.workflow == "${["a", ...names][index]}"`,
          index % 2 === 0 ? "[{ id: a, workflow: leaf }]" : undefined,
        ),
      ),
    ]);
    await scene.start("a");
    await settle();
    const chain = (await told()).filter((one) => !one.startsWith("leaf"));
    expect(chain).toEqual(["a done", "b done", "c done", "d done", "e done", "f done", "g skipped"]);
    const refused = (await runs()).find(({ state }) => state === "skipped");
    expect(refused?.reason).toMatch(/5 runs .*a → b → c → d → e → f → g/s);
  });
});

it("a run's own question does not set it off again and again", async () => {
  const gate = `${head("gate")}trigger: { event: approval }\nsteps: [{ id: ask, approve: "Go on?" }]\n`;
  const settle = await open([gate]);
  await scene.start("gate");
  await settle(8);
  expect((await told()).slice(1)).not.toContain("gate active");
  expect((await told()).length).toBeLessThan(4);
});
