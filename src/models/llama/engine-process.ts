import { fork } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Order, Report } from "./protocol.ts";

/** A process that holds one model. */
export interface EngineProcess {
  readonly pid: number | undefined;
  send(order: Order): void;
  /** One listener for each; `onExit` is called once, with the last lines of its standard error. */
  onReport(listener: (report: Report) => void): void;
  onExit(listener: (lastWords: string) => void): void;
  /** At once: it has nothing to finish, and all its memory comes back. */
  kill(): void;
}

const mostWords = 2_000;

export function startEngineProcess(): EngineProcess {
  const self = fileURLToPath(import.meta.url);
  const child = fork(fileURLToPath(new URL(`main${extname(self)}`, import.meta.url)), {
    execArgv: [],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let words = "";
  child.stderr?.on("data", (data: Buffer) => (words = (words + data.toString("utf8")).slice(-mostWords)));
  return {
    pid: child.pid,
    // A process that just ended does not take it; its exit is told anyway.
    send: (order) => void (child.connected && child.send(order, () => undefined)),
    onReport: (listener) => void child.on("message", listener),
    onExit(listener) {
      let isTold = false;
      const tell = (): void => {
        if (!isTold) listener(words.trim());
        isTold = true;
      };
      child.on("exit", tell);
      child.on("error", tell);
    },
    kill: () => void child.kill("SIGKILL"),
  };
}
