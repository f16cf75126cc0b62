import { afterEach, describe, expect, it } from "vitest";
import { pickReset } from "../../../src/scheduler/run/pick-reset.ts";
import { stepRow } from "../../store/describe-workflow-runs.ts";
import { openScene, type Scene, type SceneOptions } from "./scene.ts";

let scene: Scene;
afterEach(() => scene.close());

const head = (name: string) => `name: ${name}\ndescription: d\ngroup: research\n`;

async function open(steps: string, extra: Partial<SceneOptions> & { head?: string } = {}): Promise<Scene> {
  const text = `${head("x")}${extra.head ?? ""}steps:\n${steps}`;
  scene = await openScene({ ...extra, workflows: [text, ...(extra.workflows ?? [])] });
  return scene;
}

describe("a person", () => {
  it("cancels a run that waits, and what it asked is not asked any longer", async () => {
    await open("  - { id: gate, approve: Go? }\n  - { id: b, send: owner, text: b }\n");
    const { id } = await scene.start("x");
    await scene.work();
    await scene.runner.cancel(id, "test:ada");
    await scene.work();
    expect(await scene.run(id)).toMatchObject({ state: "cancelled", reason: "It was cancelled by test:ada." });
    expect(await scene.pending()).toEqual([]);
    await expect(scene.runner.cancel(id, "test:ada")).rejects.toMatchObject({ code: "conflict" });
    await expect(scene.runner.cancel("nothing", "test:ada")).rejects.toMatchObject({ code: "not-found" });
  });

  it("cancels a run together with those that it started", async () => {
    const called = `${head("y")}steps: [{ id: w, wait: 1h }]\n`;
    await open("  - { id: sub, workflow: y }\n", { workflows: [called] });
    const { id } = await scene.start("x");
    await scene.work();
    await scene.runner.cancel(id, "test:ada");
    await scene.work();
    const [child] = await scene.store.workflows.runs({ workflow: "y" }, 1);
    expect(child).toMatchObject({ state: "cancelled", reason: "The workflow that started it was cancelled." });
  });

  it("cancels a run in the middle of a step", async () => {
    const steps =
      "  - { id: a, send: owner, text: a }\n  - { id: b, tool: pay, with: { amount: 1 } }\n  - { id: c, send: owner, text: c }\n";
    const ids: string[] = [];
    await open(steps, {
      deps: {
        decideCall: async () => {
          await scene.runner.cancel(ids[0] ?? "", "test:ada");
          return { verdict: "allow" };
        },
      },
    });
    const { id } = await scene.start("x");
    ids.push(id);
    await scene.work();
    expect((await scene.run(id)).state).toBe("cancelled");
    expect(await scene.steps(id)).toEqual(["a done", "b done"]);
  });

  it("pauses a run before its next step, and resumes it there", async () => {
    await open("  - { id: a, send: owner, text: a }\n  - { id: w, wait: 1h }\n  - { id: b, send: owner, text: b }\n");
    const { id } = await scene.start("x");
    await scene.work();
    await scene.runner.pause(id, "test:ada");
    await scene.workThrough(100);
    expect((await scene.run(id)).state).toBe("paused");
    expect(await scene.sent()).toEqual(["a"]);
    await scene.runner.resume(id, "test:ada");
    await scene.workThrough();
    expect((await scene.run(id)).state).toBe("done");
    expect(await scene.sent()).toEqual(["a", "b"]);
  });

  it("has a failed run go on where it failed, with the same key for what may have been done", async () => {
    const keys: string[] = [];
    let isBroken = true;
    const { makeTool } = await import("./world.ts");
    const flaky = makeTool("flaky", "send", (_input, { idempotencyKey }) => {
      keys.push(idempotencyKey);
      if (isBroken) throw new Error("gone in the middle");
      return { text: "ok", isOutside: false };
    });
    await open("  - { id: a, send: owner, text: a }\n  - { id: b, tool: flaky }\n", { deps: { tool: () => flaky } });
    const { id } = await scene.start("x");
    await scene.work();
    expect(await scene.steps(id)).toEqual(["a done", "b uncertain"]);
    isBroken = false;
    await scene.runner.retry(id, "test:ada");
    await scene.work();
    expect((await scene.run(id)).state).toBe("done");
    expect(await scene.sent()).toEqual(["a"]);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
  });

  it("has a run done anew from a step, with a new effect of what was done", async () => {
    await open(
      "  - { id: a, send: owner, text: a }\n  - { id: b, send: owner, text: b }\n  - { id: c, send: owner, text: c }\n",
    );
    const { id } = await scene.start("x");
    await scene.work();
    await scene.runner.retry(id, "test:ada", "b");
    await scene.work();
    expect(await scene.sent()).toEqual(["a", "b", "c", "b", "c"]);
    await expect(scene.runner.retry(id, "test:ada", "z")).rejects.toMatchObject({ code: "not-found" });
  });

  it("has a cancelled run go on, and it asks again", async () => {
    await open("  - { id: gate, approve: Go? }\n");
    const { id } = await scene.start("x");
    await scene.work();
    await scene.runner.cancel(id, "test:ada");
    await scene.work();
    await scene.runner.retry(id, "test:ada");
    await scene.work();
    await scene.answer((await scene.pending())[0], "approved");
    expect((await scene.run(id)).state).toBe("done");
  });

  it("resets what belongs to a step, and nothing else", () => {
    const rows = [
      stepRow("a", { seq: 1 }),
      stepRow("all", { seq: 2, kind: "each" }),
      stepRow("all[0].x", { seq: 3 }),
      stepRow("all[1].x", { seq: 4 }),
      stepRow("all[1].y", { seq: 5, kind: "switch" }),
      stepRow("all[0].y", { seq: 6, kind: "switch" }),
      stepRow("all[1].y.z", { seq: 7 }),
      stepRow("b", { seq: 8 }),
    ];
    const paths = (from: string) => pickReset(rows, from).map(({ path, state }) => `${path} ${state}`);
    expect(paths("all[1].y")).toEqual(["all waiting", "all[1].y reset", "all[1].y.z reset", "b reset"]);
    expect(paths("all[1].x")).toEqual([
      "all waiting",
      "all[1].x reset",
      "all[1].y reset",
      "all[1].y.z reset",
      "b reset",
    ]);
    expect(paths("all")).toHaveLength(7);
    expect(paths("b")).toEqual(["b reset"]);
  });
});

describe("runs of one workflow", () => {
  const policy = (name: string, key = "") =>
    `concurrency: { policy: ${name}${key} }\ninputs: { n: { type: number, default: 0 } }\n`;
  const steps = '  - { id: w, wait: 1h }\n  - { id: a, send: owner, text: "{{ inputs.n }}" }\n';
  const states = async () => (await scene.store.workflows.runs({}, 10)).map(({ state }) => state).toReversed();

  it("wait for each other in order", async () => {
    await open(steps, { head: policy("queue") });
    for (const n of [1, 2, 3]) await scene.start("x", { n });
    await scene.work();
    expect(await states()).toEqual(["active", "queued", "queued"]);
    await scene.workThrough(400);
    expect(await scene.sent()).toEqual(["1", "2", "3"]);
  });

  it("are skipped while one is under way", async () => {
    await open(steps, { head: policy("skip") });
    for (const n of [1, 2]) await scene.start("x", { n });
    await scene.workThrough();
    expect(await states()).toEqual(["done", "skipped"]);
    expect(await scene.sent()).toEqual(["1"]);
  });

  it("take the place of each other", async () => {
    await open(steps, { head: policy("replace") });
    for (const n of [1, 2, 3]) {
      await scene.start("x", { n });
      await scene.work();
    }
    await scene.workThrough();
    expect(await states()).toEqual(["cancelled", "cancelled", "done"]);
    expect(await scene.sent()).toEqual(["3"]);
  });

  it("go on side by side where their keys differ", async () => {
    await open(steps, { head: policy("skip", ', key: "{{ inputs.n }}"') });
    for (const n of [1, 2, 1]) await scene.start("x", { n });
    expect(await states()).toEqual(["active", "active", "skipped"]);
  });
});
