import { afterEach, expect, it } from "vitest";
import { createTriggers } from "./create-triggers.ts";
import { openScene, parseAll, type Scene } from "../../scheduler/run/scene.ts";

const onEvent = (name: string, event: string) =>
  `name: ${name}\ndescription: d\ngroup: research\ntrigger: { event: ${event} }\nsteps: [{ id: a, wait: 1h }]\n`;
let scene: Scene;
afterEach(() => scene.close());

it("takes all that happened since the last look", async () => {
  const texts = [onEvent("on-rule", "rule"), onEvent("on-run", "run")];
  scene = await openScene({ workflows: texts });
  const triggers = createTriggers(scene, parseAll(texts).values());
  await triggers.onEvents();
  await scene.store.write(async ({ cdc }) => {
    for (let count = 0; count < 350; count += 1) await cdc.addEvent(count % 70 === 69 ? "rule" : "run", `r${count}`, 1);
  });
  await triggers.onEvents();
  await triggers.onEvents();
  const started = (await scene.store.workflows.runs({}, 99)).map(({ workflow }) => workflow);
  expect(started).toEqual(Array.from({ length: 5 }, () => "on-rule"));
});

it("starts nothing, after a restart either, for what happened while no workflow asked for events", async () => {
  const texts = [onEvent("on-rule", "rule")];
  scene = await openScene({ workflows: texts });
  const all = [...parseAll(texts).values()];
  const begin = (workflows: typeof all) => createTriggers(scene, workflows);
  const happen = (ref: string) => scene.store.write(({ cdc }) => cdc.addEvent("rule", ref, 1));
  await begin(all).onEvents();
  await happen("asked-for");
  await begin(all).onEvents();
  await begin([]).onEvents();
  await happen("unasked");
  await begin([]).onEvents();
  await begin(all).onEvents();
  expect(await scene.store.workflows.runs({}, 9)).toHaveLength(1);
});
