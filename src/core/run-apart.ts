import { spawn } from "node:child_process";
import { Worker } from "node:worker_threads";
import { AppError, type ErrorCode } from "./errors.ts";

/** Work that may take long, take much memory, or never end: it is done apart from everything else. */
export interface ApartJob {
  /**
   * "thread": cheap to begin, and ended between two steps of JavaScript. "process": also ended in the middle of native
   * code, such as a query of SQLite.
   */
  readonly where: "thread" | "process";
  /** The `import.meta.url` of the module that exports the function. */
  readonly module: string;
  /** Of an exported function with one argument. */
  readonly name: string;
  /** The argument and what the function returns must be cloneable. */
  readonly input: unknown;
  readonly timeoutMs: number;
  /** Of the heap; of a thread also of its buffers. */
  readonly maxMemoryMb: number;
  readonly signal?: AbortSignal;
}

type Report =
  | { readonly kind: "done"; readonly value: unknown }
  | { readonly kind: "failed"; readonly code?: ErrorCode; readonly message: string; readonly hint?: string };

interface Runner {
  readonly report: Promise<Report>;
  end(): Promise<void>;
}

const memoryCheckMs = 50;
const quiet = "--disable-warning=ExperimentalWarning";

/** Plain JavaScript, because a thread cannot be given a function. An AppError of ours is taken apart for the way back. */
const run = `
const run = ({ module, name, input }) => import(module)
  .then((module) => module[name](input))
  .then(
    (value) => ({ kind: "done", value }),
    (error) => ({
      kind: "failed",
      message: String(error?.message ?? error),
      ...(error?.name === "AppError" ? { code: error.code, hint: error.hint } : {}),
    }),
  );
`;
const inThread = `${run}
const { parentPort, workerData } = require("node:worker_threads");
run(workerData).then((report) => parentPort.postMessage(report));
`;
const inProcess = `${run}
process.once("message", (job) => run(job).then((report) => process.send(report, () => process.disconnect())));
`;

/**
 * Runs an exported function apart, and ends where it ran. Throws the function's AppError; "timeout", "aborted", or
 * "too-large" when the memory was not enough; any other error of the function as an Error with its message.
 */
export async function runApart<T>(job: ApartJob): Promise<T> {
  if (job.signal?.aborted === true) throw new AppError("aborted", "The work was stopped.");
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(new AppError("aborted", "The work was stopped."));
  job.signal?.addEventListener("abort", onAbort, { once: true });
  const timer = setTimeout(() => reject(new AppError("timeout", "The work took too long.")), job.timeoutMs);
  const runner = job.where === "thread" ? startThread(job) : startProcess(job);
  try {
    const report = await Promise.race([runner.report, stopped]);
    if (report.kind === "done") return report.value as T;
    if (report.code === undefined) throw new Error(report.message);
    throw new AppError(report.code, report.message, report.hint === undefined ? {} : { hint: report.hint });
  } finally {
    clearTimeout(timer);
    job.signal?.removeEventListener("abort", onAbort);
    await runner.end();
  }
}

function startThread({ module, name, input, maxMemoryMb }: ApartJob): Runner {
  const { promise, resolve, reject } = Promise.withResolvers<Report>();
  promise.catch(() => undefined); // it may end unasked, after somebody stopped it
  const worker = new Worker(inThread, {
    eval: true,
    workerData: { module, name, input },
    env: {},
    execArgv: [quiet],
    stdout: true, // kept from our own; nobody reads it
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: maxMemoryMb },
  });
  worker.stdout.resume();
  worker.stderr.resume();
  worker.on("message", (report: Report) => resolve(report));
  worker.on("error", (error: Error & { code?: string }) =>
    reject(error.code === "ERR_WORKER_OUT_OF_MEMORY" ? tooMuchMemory() : error),
  );
  worker.on("exit", () => reject(new Error("The thread ended without an answer.")));
  // The limit above knows only the heap; buffers lie beside it.
  const watch = setInterval(() => {
    worker.getHeapStatistics().then(
      ({ external_memory: bytes }) => (bytes > maxMemoryMb * 1_048_576 ? reject(tooMuchMemory()) : undefined),
      () => undefined, // it has ended meanwhile
    );
  }, memoryCheckMs);
  return {
    report: promise,
    async end() {
      clearInterval(watch);
      await worker.terminate();
    },
  };
}

function startProcess({ module, name, input, maxMemoryMb }: ApartJob): Runner {
  const { promise, resolve, reject } = Promise.withResolvers<Report>();
  promise.catch(() => undefined);
  const child = spawn(process.execPath, [quiet, `--max-old-space-size=${maxMemoryMb}`, "-e", inProcess], {
    env: {},
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    serialization: "advanced",
  });
  child.on("message", (report) => resolve(report as Report));
  child.on("error", reject);
  const gone = new Promise<void>((done) => child.once("close", () => done()));
  child.on("exit", (code, signal) =>
    reject(signal === "SIGABRT" || code === 134 ? tooMuchMemory() : new Error("The process ended without an answer.")),
  );
  child.send({ module, name, input }, (error) => (error === null ? undefined : reject(error)));
  return {
    report: promise,
    async end() {
      child.kill("SIGKILL");
      await gone;
    },
  };
}

function tooMuchMemory(): AppError {
  return new AppError("too-large", "The work needed more memory than it may have.");
}
