import { afterEach, beforeEach, expect, it } from "vitest";
import { tellOfRuns } from "../../../src/pipeline/runs/tell-runs.ts";
import { openScene, type Scene } from "../../scheduler/run/scene.ts";

const workflow = `name: x
description: d
group: research
steps:
  - { id: a, tool: fetch_weather, with: { place: rome } }
  - { id: gate, approve: "Go on?" }
  - { id: second, approve: "And on?" }
  - { id: b, send: owner, text: hello }
`;
let scene: Scene;
beforeEach(async () => {
  scene = await openScene({
    workflows: [workflow],
    wrap: (store) => ({ ...store, ...tellOfRuns(store, Date.now) }),
  });
});
afterEach(() => scene.close());

const told = async () => (await scene.store.cdc.events(0, 100)).filter(({ kind }) => kind === "run");

it("tells of a run's beginning, its rest and its end, and of nothing else", async () => {
  const { id } = await scene.start("x");
  const begun = (await told()).length;
  expect(begun).toBe(1);
  await scene.work();
  const rested = (await told()).length;
  expect(rested).toBeGreaterThan(begun);
  await scene.work();
  expect(await told()).toHaveLength(rested);
  await scene.answer((await scene.pending())[0], "approved");
  // Nothing but steps is written here.
  const again = (await told()).length;
  expect(again).toBeGreaterThan(rested);
  await scene.answer((await scene.pending())[0], "approved");
  expect((await scene.run(id)).state).toBe("done");
  const all = await told();
  expect(all.length).toBeGreaterThan(again);
  expect(new Set(all.map(({ ref }) => ref))).toEqual(new Set([id]));
});

it("tells of what a person orders", async () => {
  const { id } = await scene.start("x");
  await scene.work();
  const before = (await told()).length;
  await scene.runner.pause(id, "test:ada");
  expect((await told()).length).toBe(before + 1);
});

it("tells nothing of what was undone", async () => {
  const { id } = await scene.start("x");
  const before = (await told()).length;
  const { write } = tellOfRuns(scene.store, Date.now);
  await expect(
    write(async ({ workflows }) => {
      await workflows.updateRun(id, { order: "pause" });
      throw new Error("undone");
    }),
  ).rejects.toThrow("undone");
  expect(await told()).toHaveLength(before);
});
