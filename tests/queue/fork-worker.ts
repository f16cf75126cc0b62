import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { WorkerOrder } from "./worker-process.ts";

export interface ForkedWorker {
  readonly name: string;
  /** Resolves when the worker has sent this: "ready", or a conversation whose handler it began. */
  seen(message: string): Promise<void>;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
}

/** Starts tests/queue/worker-process.ts. Its error output is ours, so that a fault in it is seen. */
export function forkWorker(order: WorkerOrder): ForkedWorker {
  const child = fork(fileURLToPath(new URL("worker-process.ts", import.meta.url)), [JSON.stringify(order)], {
    execArgv: [],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const messages = new Set<unknown>();
  child.on("message", (message) => messages.add(message));
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    name: order.name,
    seen: (message) =>
      new Promise((resolve, reject) => {
        if (messages.has(message)) return resolve();
        child.on("message", (other) => other === message && resolve());
        void gone.then(() => reject(new Error(`The worker ${order.name} ended before it sent "${message}".`)));
      }),
    kill: async () => {
      child.kill("SIGKILL");
      await gone;
    },
  };
}
