import { Worker } from "node:worker_threads";
import { AppError, type ErrorCode } from "./errors.ts";

/** Work for a thread of its own, because it may take long, take much memory, or never end. */
export interface WorkerJob {
  /** The `import.meta.url` of the module that exports the function. */
  readonly module: string;
  /** Of an exported function with one argument. */
  readonly name: string;
  /** The argument and what the function returns must be cloneable. */
  readonly input: unknown;
  readonly timeoutMs: number;
  /** Of the thread's heap, and of its buffers. */
  readonly maxMemoryMb: number;
  readonly signal?: AbortSignal;
}

type Report =
  | { readonly kind: "done"; readonly value: unknown }
  | { readonly kind: "failed"; readonly code?: ErrorCode; readonly message: string; readonly hint?: string };

const memoryCheckMs = 50;

/** Plain JavaScript, because a thread cannot be given a function. An AppError of ours is taken apart for the way back. */
const start = `
const { parentPort, workerData } = require("node:worker_threads");
import(workerData.module)
  .then((module) => module[workerData.name](workerData.input))
  .then(
    (value) => parentPort.postMessage({ kind: "done", value }),
    (error) => parentPort.postMessage({
      kind: "failed",
      message: String(error?.message ?? error),
      ...(error?.name === "AppError" ? { code: error.code, hint: error.hint } : {}),
    }),
  );
`;

/**
 * Runs an exported function in a thread of its own, which ends with it. Throws the function's AppError, "timeout",
 * "aborted", "too-large" when the memory was not enough; any other error of the function as an Error with its message.
 */
export async function runInWorker<T>(job: WorkerJob): Promise<T> {
  if (job.signal?.aborted === true) throw new AppError("aborted", "The work was stopped.");
  const { promise, resolve, reject } = Promise.withResolvers<Report>();
  const worker = new Worker(start, {
    eval: true,
    workerData: { module: job.module, name: job.name, input: job.input },
    env: {},
    execArgv: ["--disable-warning=ExperimentalWarning"],
    stdout: true, // kept from our own; nobody reads it
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: job.maxMemoryMb },
  });
  worker.stdout.resume();
  worker.stderr.resume();
  worker.on("message", (report: Report) => resolve(report));
  worker.on("error", (error: Error & { code?: string }) =>
    reject(error.code === "ERR_WORKER_OUT_OF_MEMORY" ? tooMuchMemory() : error),
  );
  worker.on("exit", () => reject(new Error("The thread ended without an answer.")));
  const onAbort = () => reject(new AppError("aborted", "The work was stopped."));
  job.signal?.addEventListener("abort", onAbort, { once: true });
  const timer = setTimeout(() => reject(new AppError("timeout", "The work took too long.")), job.timeoutMs);
  // The limit above knows only the heap; buffers lie beside it.
  const watch = setInterval(() => {
    worker.getHeapStatistics().then(
      ({ external_memory: bytes }) => (bytes > job.maxMemoryMb * 1_048_576 ? reject(tooMuchMemory()) : undefined),
      () => undefined, // it has ended meanwhile
    );
  }, memoryCheckMs);
  try {
    const report = await promise;
    if (report.kind === "done") return report.value as T;
    if (report.code === undefined) throw new Error(report.message);
    throw new AppError(report.code, report.message, report.hint === undefined ? {} : { hint: report.hint });
  } finally {
    clearTimeout(timer);
    clearInterval(watch);
    job.signal?.removeEventListener("abort", onAbort);
    await worker.terminate();
  }
}

function tooMuchMemory(): AppError {
  return new AppError("too-large", "The work needed more memory than it may have.");
}
