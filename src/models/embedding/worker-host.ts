import { Worker } from "node:worker_threads";
import { AppError, describeError } from "../../core/errors.ts";
import {
  parseFailure,
  type FromWorker,
  type Job,
  type Loaded,
  type ToWorker,
  type WorkerSettings,
} from "./worker-protocol.ts";

export interface WorkerHostOptions {
  readonly settings: Omit<WorkerSettings, "folder" | "trusted">;
  /** The model's folder; may fetch the model first. Called before each loading; aborted when the host is closed. */
  readonly findFolder: (signal: AbortSignal) => Promise<string>;
  /** How long the model stays in memory after its last use. */
  readonly idleMs: number;
  readonly onLoaded?: (loaded: Loaded) => void;
  readonly startWorker?: (settings: WorkerSettings) => Worker;
  readonly now?: () => number;
}

export interface WorkerHost {
  /**
   * Loads the model if need be. Throws AppError: "aborted", "package-missing", or "model-failed", with retryAfterMs when
   * the worker died or too many calls wait.
   */
  run(job: Job, signal: AbortSignal): Promise<Float32Array>;
  /** Gives memory back; calls that are running end as "aborted". */
  close(): Promise<void>;
}

const mostWaiting = 200;
/** A model that was refused or not found is not looked for at each message; a mended one is noticed in time. */
const refusalMs = 60_000;

interface Call {
  readonly job: Job;
  readonly resolve: (numbers: Float32Array) => void;
  readonly reject: (error: AppError) => void;
}

interface Engine {
  readonly calls: Map<number, Call>;
  readonly closing: AbortController;
  worker?: Worker;
}

/** A model in a worker thread, loaded at the first call, given up when idle, and started anew after it died. */
export function createWorkerHost(options: WorkerHostOptions): WorkerHost {
  const { settings, idleMs, startWorker = startOnnxWorker, now = Date.now } = options;
  let engine: Engine | undefined;
  let idleTimer: NodeJS.Timeout | undefined;
  let refused: { readonly error: AppError; readonly until: number } | undefined;
  let trusted: string | undefined;
  let lastId = 0;

  async function open(opened: Engine): Promise<void> {
    try {
      const folder = await options.findFolder(opened.closing.signal);
      if (engine !== opened) return;
      const worker = startWorker({ ...settings, folder, ...(trusted === undefined ? {} : { trusted }) });
      opened.worker = worker;
      worker.on("message", (message: FromWorker) => receive(opened, message));
      worker.on("error", (error: unknown) => void end(opened, describeDeath(describeError(error))));
      worker.on("exit", () => void end(opened, describeDeath("it stopped")));
      for (const [id, { job }] of opened.calls) post(opened, { type: "run", id, job });
      if (opened.calls.size === 0) rest(opened);
    } catch (error) {
      const isClosed = opened.closing.signal.aborted;
      const why =
        error instanceof AppError ? error : new AppError("model-failed", describeError(error), { cause: error });
      if (!isClosed) remember(why);
      void end(opened, why);
    }
  }

  function receive(from: Engine, message: FromWorker): void {
    if (message.type === "loaded") {
      if (message.loaded.isTested) trusted = message.loaded.fingerprint;
      return options.onLoaded?.(message.loaded);
    }
    if (message.type === "refused") {
      const error = parseFailure(message.failure);
      remember(error);
      return void end(from, error);
    }
    const call = from.calls.get(message.id);
    if (call === undefined) return; // aborted meanwhile
    from.calls.delete(message.id);
    if (from.calls.size === 0) rest(from);
    if (message.type === "done") call.resolve(message.numbers);
    else call.reject(parseFailure(message.failure));
  }

  function remember(error: AppError): void {
    refused = { error, until: now() + (error.retryAfterMs ?? refusalMs) };
  }

  function describeDeath(words: string): AppError {
    return new AppError("model-failed", `The engine of model "${settings.name}" ended: ${words.slice(0, 200)}`, {
      retryAfterMs: 1_000,
    });
  }

  /** Idempotent: a dead worker tells of itself more than once. */
  async function end(ended: Engine, why: AppError): Promise<void> {
    if (engine === ended) {
      engine = undefined;
      clearTimeout(idleTimer);
    }
    for (const { reject } of ended.calls.values()) reject(why);
    ended.calls.clear();
    ended.closing.abort();
    await ended.worker?.terminate();
  }

  /** Nothing to do: the worker neither keeps the process alive nor, after a while, its memory. */
  function rest(resting: Engine): void {
    resting.worker?.unref();
    clearTimeout(idleTimer);
    idleTimer = setTimeout(() => void end(resting, new AppError("aborted", "Stopped.")), idleMs).unref();
  }

  function post({ worker }: Engine, message: ToWorker): void {
    worker?.ref();
    worker?.postMessage(message, []);
  }

  return {
    run(job, signal) {
      if (signal.aborted) return Promise.reject(new AppError("aborted", "Stopped."));
      if (refused !== undefined && now() < refused.until) return Promise.reject(refused.error);
      refused = undefined;
      if (engine !== undefined && engine.calls.size >= mostWaiting)
        return Promise.reject(
          new AppError("model-failed", `Too many calls wait for model "${settings.name}".`, { retryAfterMs: 5_000 }),
        );
      clearTimeout(idleTimer);
      const isNew = engine === undefined;
      const running: Engine = (engine ??= { calls: new Map(), closing: new AbortController() });
      const id = ++lastId;
      const { promise, resolve, reject } = Promise.withResolvers<Float32Array>();
      running.calls.set(id, { job, resolve, reject });
      if (isNew) void open(running);
      else post(running, { type: "run", id, job });

      const onAbort = (): void => {
        if (!running.calls.delete(id)) return;
        running.worker?.postMessage({ type: "stop", id } satisfies ToWorker);
        if (running.calls.size === 0 && running.worker !== undefined) rest(running);
        reject(new AppError("aborted", "Stopped."));
      };
      signal.addEventListener("abort", onAbort, { once: true });
      return promise.finally(() => signal.removeEventListener("abort", onAbort));
    },
    async close() {
      if (engine !== undefined) await end(engine, new AppError("aborted", "Stopped."));
    },
  };
}

/** The worker's file is loaded by its code, so that importing that file does nothing by itself. */
export function startOnnxWorker(settings: WorkerSettings): Worker {
  // The package for npm holds JavaScript.
  const file = new URL(import.meta.url.endsWith(".ts") ? "./onnx-worker.ts" : "./onnx-worker.js", import.meta.url);
  const code = `import(${JSON.stringify(file.href)}).then(({ serve }) => serve());`;
  return new Worker(code, { eval: true, workerData: settings, execArgv: [], name: `model ${settings.name}` });
}
