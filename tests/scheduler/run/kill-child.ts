/*
 * Works on one run of all kinds of steps and is killed after a write of its journal:
 * node kill-child.ts FOLDER DATABASE START_MS WRITES. Ends by itself, with 0, when the run has ended.
 */
import { openRunStates } from "../../../src/core/workflow-run.ts";
import { createFakeClock } from "../../doubles/fake-clock.ts";
import { allKinds, small } from "../all-kinds.ts";
import { byHand, openScene } from "./scene.ts";

const [folder = "", place = "", startMs = "0", writes = "1"] = process.argv.slice(2);
let left = Number(writes);

/** SIGKILL gives nobody a chance to put anything in order. */
function count(): void {
  if ((left -= 1) <= 0) process.kill(process.pid, "SIGKILL");
}

const scene = await openScene({
  folder,
  ...(place === "" ? {} : { place }),
  clock: createFakeClock(Number(startMs)),
  workflows: [allKinds, small],
  deps: { reach: count },
});
const { isNew } = await scene.runner.start({ workflow: "all-kinds", cause: byHand, dedupKey: "the one" });
if (isNew) count();
for (;;) {
  await scene.work();
  for (const approval of await scene.pending()) await scene.answer(approval, "approved");
  if ((await scene.store.workflows.runs({ states: openRunStates }, 1)).length === 0) break;
  scene.clock.advance(60_000);
}
await scene.close();
