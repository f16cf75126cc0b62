import type { EngineProcess } from "../../../src/models/llama/engine-process.ts";
import type { Order, Report, RunOrder } from "../../../src/models/llama/protocol.ts";

/** A process that is none: it loads at once and answers every request with one word, unless told otherwise. */
export interface FakeProcess {
  readonly file: string;
  readonly orders: readonly Order[];
  readonly isRunning: boolean;
  report(report: Report): void;
  /** Of the request that it has last: ends it. */
  finish(): void;
  /** As if it had crashed. */
  die(): void;
}

export interface FakeProcesses {
  readonly start: () => EngineProcess;
  readonly all: readonly FakeProcess[];
  readonly running: readonly FakeProcess[];
  /** What the next ones do: "waits" answers when told to, "deaf" never, not even an abort. */
  behave(how: { readonly load?: Report; readonly run?: "answers" | "waits" | "deaf" }): void;
}

export function createFakeProcesses(residentBytes = 100): FakeProcesses {
  const all: FakeProcess[] = [];
  let load: Report = { type: "loaded", contextTokens: 8_192, residentBytes };
  let run: "answers" | "waits" | "deaf" = "answers";

  function start(): EngineProcess {
    const orders: Order[] = [];
    let isRunning = true;
    let onReport: (report: Report) => void = () => undefined;
    let onExit: (lastWords: string) => void = () => undefined;
    const report = (given: Report): void => void setImmediate(() => isRunning && onReport(given));
    const die = (): void => {
      if (!isRunning) return;
      isRunning = false;
      setImmediate(() => onExit("it said so"));
    };
    const lastRun = (): RunOrder | undefined => orders.findLast((order) => order.type === "run");
    const finish = (): void => {
      const id = lastRun()?.id ?? 0;
      report({ type: "said", id, saying: { type: "text", text: "Hello." } });
      const usage = { inputTokens: 3, cachedTokens: 1, outputTokens: 2 };
      report({ type: "finished", id, stop: "end", usage, residentBytes });
    };
    all.push({
      get file() {
        const order = orders.find((each) => each.type === "load");
        return order?.type === "load" ? (order.file.split("/").at(-1) ?? "") : "";
      },
      orders,
      get isRunning() {
        return isRunning;
      },
      report,
      finish,
      die,
    });
    return {
      pid: all.length,
      send(order) {
        orders.push(order);
        if (order.type === "load") report(load);
        else if (order.type === "run" && run === "answers") finish();
        else if (order.type === "abort" && run !== "deaf")
          report({ type: "failed", id: order.id, reason: "aborted", message: "", residentBytes });
      },
      onReport: (listener) => (onReport = listener),
      onExit: (listener) => (onExit = listener),
      kill: die,
    };
  }

  return {
    start,
    all,
    get running() {
      return all.filter((each) => each.isRunning);
    },
    behave(how) {
      load = how.load ?? load;
      run = how.run ?? run;
    },
  };
}
