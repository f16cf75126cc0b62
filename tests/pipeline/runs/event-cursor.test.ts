import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createLazyWorkflows } from "../../../src/lazy-workflows.ts";
import { createTriggers } from "./create-triggers.ts";
import { openScene, parseAll, type Scene } from "../../scheduler/run/scene.ts";

const onRule = (name: string) =>
  `name: ${name}\ndescription: d\ngroup: research\ntrigger: { event: rule }\nsteps: [{ id: a, wait: 1h }]\n`;
const all = parseAll([onRule("first"), onRule("second")]);
let scene: Scene;
let folder: string;
beforeEach(async () => {
  scene = await openScene({ workflows: [onRule("first"), onRule("second")] });
  folder = await mkdtemp(join(tmpdir(), "parlance-cursor-"));
});
afterEach(async () => {
  await scene.close();
  await rm(folder, { recursive: true, force: true });
});

/** One look of a service that has these workflows. */
const look = (...names: readonly string[]) =>
  createTriggers(
    scene,
    [...all.values()].filter(({ name }) => names.includes(name)),
  ).onEvents();
/** A service that is started with what lies in the folder. */
const begin = () =>
  createLazyWorkflows(
    { dataFolder: folder, pipeline: { store: scene.store } } as unknown as Parameters<typeof createLazyWorkflows>[0],
    async () => undefined,
  ).openIfUsed();
const happen = (ref: string) => scene.store.write(({ cdc }) => cdc.addEvent("rule", ref, 1));
const started = async () => (await scene.store.workflows.runs({}, 99)).map(({ workflow }) => workflow).toSorted();

it("a service without any workflow forgets how far events were heard: files added later hear what comes after them", async () => {
  await look("first");
  await happen("before the files were taken away");
  await begin();
  await happen("without any file");
  await look("first");
  expect(await started()).toEqual([]);
  await happen("asked for");
  await look("first");
  expect(await started()).toEqual(["first"]);
});

it("a folder that holds other things is one without any workflow", async () => {
  await mkdir(join(folder, "workflows"));
  await writeFile(join(folder, "workflows", "notes.txt"), "");
  await look("first");
  await happen("before");
  await begin();
  await look("first");
  expect(await started()).toEqual([]);
});

it("a workflow hears nothing of what happened before it was there, though another one listened", async () => {
  await look("first");
  await happen("while nothing looked");
  await look("first", "second");
  expect(await started()).toEqual(["first"]);
  await happen("for both");
  await look("first", "second");
  expect(await started()).toEqual(["first", "first", "second"]);
});

it("a workflow that was away hears nothing of what happened meanwhile", async () => {
  await look("first", "second");
  await look("first");
  await happen("away");
  await look("first");
  await look("first", "second");
  expect(await started()).toEqual(["first"]);
});
