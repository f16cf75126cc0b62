import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { openQueue, type QueueSpec } from "./open-queue.ts";

/*
 * A worker in a process of its own, to be killed. It writes one line per begin and end of a handler, in the order in
 * which they happen among all processes: appending a short line is atomic and survives SIGKILL.
 */

export interface WorkerOrder {
  readonly spec: QueueSpec;
  readonly lockMs: number;
  readonly name: string;
  readonly logPath: string;
  /** How long a handler takes at most; -1 means it never ends. */
  readonly handlerMs: number;
}

const order = JSON.parse(process.argv[2] ?? "{}") as WorkerOrder;
const queue = await openQueue(order.spec, { lockMs: order.lockMs, retryMs: 50 });
queue.work(
  async (conversation) => {
    appendFileSync(order.logPath, `start ${order.name} ${conversation}\n`);
    process.send?.(conversation);
    if (order.handlerMs < 0) await new Promise(() => undefined);
    await sleep(Math.random() * order.handlerMs);
    appendFileSync(order.logPath, `end ${order.name} ${conversation}\n`);
  },
  { concurrency: 8 },
);
process.on("disconnect", () => process.exit(0)); // The test is gone.
process.send?.("ready");
