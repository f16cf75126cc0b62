import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { openRunStates } from "../../../src/core/workflow-run.ts";
import { byHand } from "../../scheduler/run/scene.ts";
import { openLoadScene } from "./scene.ts";

export interface LoadOptions {
  readonly folder: string;
  readonly runs: number;
  readonly workers: number;
  /** A database other than a file in the folder, and a Redis for the bells. */
  readonly place?: string;
  readonly redisUrl?: string;
  /** One worker is killed in the middle, and another one takes its place. */
  readonly isOneKilled?: boolean;
}

export interface LoadResult {
  readonly startMs: number;
  readonly totalMs: number;
  readonly killed: number;
  readonly lost: number;
  readonly doubled: number;
  /** Runs whose steps were not done in their order. */
  readonly reordered: number;
}

const deadlineMs = 300_000;
const worker = fileURLToPath(new URL("worker.ts", import.meta.url));

/** Starts many runs at the same moment, with several processes to work on them, and looks at what came of each. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const { folder, runs, place = "", redisUrl = "" } = options;
  const { scene, queue } = await openLoadScene(folder, place, redisUrl);
  const workers: ChildProcess[] = [];
  const addWorker = async () => {
    const child = spawn(process.execPath, [worker, folder, place, redisUrl], { stdio: ["ignore", "pipe", "inherit"] });
    workers.push(child);
    if (child.stdout !== null) await once(child.stdout, "data");
  };
  try {
    await Promise.all(Array.from({ length: options.workers }, addWorker));
    const beganAt = performance.now();
    await Promise.all(
      Array.from({ length: runs }, (_, n) =>
        scene.runner.start({ workflow: "load", inputs: { n: n + 1 }, cause: byHand }),
      ),
    );
    const startMs = performance.now() - beganAt;
    let toKill = options.isOneKilled === true ? 1 : 0;
    for (;;) {
      const open = (await scene.store.workflows.runs({ states: openRunStates }, runs)).length;
      if (open === 0) break;
      if (performance.now() - beganAt > deadlineMs) break;
      if (toKill > 0 && open < runs * 0.7) {
        toKill = 0;
        workers[0]?.kill("SIGKILL");
        // The service sees that it is dead, and ends its leases.
        for (const owner of await scene.store.owners())
          if (owner.includes(`/${workers[0]?.pid}/`)) await scene.store.releaseOwner(owner);
        await addWorker();
      }
      await sleep(100);
    }
    const totalMs = performance.now() - beganAt;
    const all = await scene.store.workflows.runs({}, runs + 1);
    const lost = runs - all.filter(({ state, outputs }) => state === "done" && outputs?.["places"] === 3).length;
    const texts = Map.groupBy(await scene.sent(), (text) => text.split(" ")[0] ?? "");
    const counts = [...texts.values()];
    const doubled = counts.filter((sent) => new Set(sent).size !== sent.length).length;
    const reordered = counts.filter((sent) => sent.map((text) => text.split(" ")[1]).join("") !== "123").length;
    const killed = workers.filter(({ signalCode }) => signalCode === "SIGKILL").length;
    return { startMs, totalMs, killed, lost, doubled, reordered: reordered - doubled };
  } finally {
    for (const child of workers) child.kill("SIGKILL");
    await queue.close(0);
    await scene.close();
  }
}
