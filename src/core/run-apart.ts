import { spawn } from "node:child_process";
import { MessageChannel, Worker } from "node:worker_threads";
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
  /** Of an exported function of the input and, in a thread, an `Ask`. */
  readonly name: string;
  /** The argument and what the function returns must be cloneable. */
  readonly input: unknown;
  readonly timeoutMs: number;
  /** Of the heap; of a thread also of its buffers. */
  readonly maxMemoryMb: number;
  readonly signal?: AbortSignal;
  /**
   * Answers what a thread asks with its `Ask`, one question at a time. What it throws is thrown there. Its signal aborts
   * when the work is over, however it ended.
   */
  readonly answer?: (question: unknown, signal: AbortSignal) => Promise<unknown>;
}

/** Asks who started the thread, and stands still until the answer is there: for code that cannot wait otherwise. */
export type Ask = (question: unknown) => unknown;

type Report =
  | { readonly kind: "done"; readonly value: unknown }
  | { readonly kind: "failed"; readonly code?: ErrorCode; readonly message: string; readonly hint?: string };

interface Question {
  readonly kind: "question";
  readonly question: unknown;
}

interface Runner {
  readonly report: Promise<Report>;
  end(): Promise<void>;
}

const memoryCheckMs = 50;
const quiet = "--disable-warning=ExperimentalWarning";

/** Plain JavaScript, because a thread cannot be given a function. An AppError of ours is taken apart for the way back. */
const run = `
const run = ({ module, name, input }, ask) => import(module)
  .then((module) => module[name](input, ask))
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
const { parentPort, workerData, receiveMessageOnPort } = require("node:worker_threads");
const { answers, bell } = workerData;
const ask = (question) => {
  Atomics.store(bell, 0, 0);
  parentPort.postMessage({ kind: "question", question });
  Atomics.wait(bell, 0, 0);
  const report = receiveMessageOnPort(answers).message;
  if (report.kind === "done") return report.value;
  const { code, hint, message } = report;
  throw Object.assign(new Error(message), code === undefined ? {} : { name: "AppError", code, hint });
};
run(workerData, ask).then((report) => parentPort.postMessage(report));
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

function startThread({ module, name, input, maxMemoryMb, answer }: ApartJob): Runner {
  const { promise, resolve, reject } = Promise.withResolvers<Report>();
  promise.catch(() => undefined); // it may end unasked, after somebody stopped it
  const { port1: ours, port2: answers } = new MessageChannel();
  ours.unref();
  const bell = new Int32Array(new SharedArrayBuffer(4));
  const over = new AbortController();
  const worker = new Worker(inThread, {
    eval: true,
    workerData: { module, name, input, answers, bell },
    transferList: [answers],
    env: {},
    execArgv: [quiet],
    stdout: true, // kept from our own; nobody reads it
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: maxMemoryMb },
  });
  worker.stdout.resume();
  worker.stderr.resume();
  worker.on("message", (said: Report | Question) => {
    if (said.kind === "question") void reply(said.question);
    else resolve(said);
  });
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

  async function reply(question: unknown): Promise<void> {
    const report = await (
      answer?.(question, over.signal) ?? Promise.reject(new Error("Nobody answers questions."))
    ).then((value): Report => ({ kind: "done", value }), toReport);
    if (over.signal.aborted) return;
    ours.postMessage(report, []);
    Atomics.store(bell, 0, 1);
    Atomics.notify(bell, 0);
  }

  return {
    report: promise,
    async end() {
      clearInterval(watch);
      over.abort();
      await worker.terminate();
      ours.close();
    },
  };
}

function toReport(error: unknown): Report {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof AppError)) return { kind: "failed", message };
  const { code, hint } = error;
  return { kind: "failed", code, message, ...(hint === undefined ? {} : { hint }) };
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
