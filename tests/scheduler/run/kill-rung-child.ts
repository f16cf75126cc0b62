/*
 * As kill-child.ts, but as the service works: on what a queue rings for, by the machine's clock, with a sweep for what no
 * bell rang for. node kill-rung-child.ts FOLDER DATABASE QUEUE, where QUEUE is "sqlite" or the address of a PostgreSQL or
 * a Redis. It is killed after the first write of the journal that it makes, and ends with 0 when the run has ended.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { silentLogger } from "../../../src/core/log.ts";
import type { WakeQueue } from "../../../src/core/queue.ts";
import { openRunStates, parseRunConversation } from "../../../src/core/workflow-run.ts";
import { createQueue, type QueueChoice } from "../../../src/queue/index.ts";
import { createRunningClock } from "../../doubles/fake-clock.ts";
import { allKinds, small } from "../all-kinds.ts";
import { byHand, openScene } from "./scene.ts";

const [folder = "", place = "", engine = ""] = process.argv.slice(2);
/** What no bell rang for, or what a dead process was at, is due to the sweep after so long; the service waits longer. */
const sweepMs = 250;
const forgottenMs = 500;

function die(): void {
  process.kill(process.pid, "SIGKILL");
}

const opened = Promise.withResolvers<WakeQueue>();
const scene = await openScene({
  folder,
  ...(place === "" ? {} : { place }),
  clock: createRunningClock(),
  workflows: [allKinds.replace("wait: 10m", "wait: 100ms"), small],
  deps: { reach: die, queue: { wake: async (...ring) => (await opened.promise).wake(...ring) } },
});
// Whoever held a lease before is dead.
for (const owner of await scene.store.owners()) await scene.store.releaseOwner(owner);
const queue = await createQueue(chooseQueue(), { log: silentLogger, now: Date.now });
opened.resolve(queue);

const { signal } = new AbortController();
const run = (conversation: string) => scene.runner.runConversation(conversation, signal);
queue.work(run, { concurrency: 4 });
const { isNew } = await scene.runner.start({ workflow: "all-kinds", cause: byHand, dedupKey: "the one" });
if (isNew) die();
while ((await scene.store.workflows.runs({ states: openRunStates }, 1)).length > 0) {
  await sleep(sweepMs);
  for (const { id, conversation } of await scene.pending()) {
    await scene.store.write((transaction) => transaction.answerApproval(id, "approved", "test:ada"));
    await queue.wake(conversation);
  }
  const forgotten = await scene.store.forgottenConversations(Date.now(), Date.now() - forgottenMs, 100);
  for (const conversation of forgotten) if (parseRunConversation(conversation) !== undefined) await run(conversation);
}
await queue.close(0);
await scene.close();

function chooseQueue(): QueueChoice {
  if (engine === "sqlite") return { kind: "sqlite", database: scene.store.database };
  return { kind: engine.startsWith("redis") ? "redis" : "postgres", url: engine };
}
