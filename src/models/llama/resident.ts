import { AppError } from "../../core/errors.ts";
import type { EngineProcess } from "./engine-process.ts";
import type { LoadOrder, Report, RunOrder, Saying } from "./protocol.ts";

type Finished = Extract<Report, { type: "finished" }>;
type Failed = Extract<Report, { type: "failed" }>;

/** "crashed": the process ended; "silent": it said nothing for too long and was ended. */
export type Outcome = Finished | Failed | { readonly type: "crashed" } | { readonly type: "silent" };

export type ResidentState = "loading" | "ready" | "busy" | "gone";

/** One model in a process of its own. */
export interface Resident {
  readonly pid: number | undefined;
  readonly state: ResidentState;
  /** As the process last told; 0 while it loads. */
  readonly residentBytes: number;
  /** Resolves when it is loaded. Rejects with AppError; "model-failed" when the process ended meanwhile. */
  readonly loaded: Promise<void>;
  /** Never rejects. One at a time. An abort resolves it as soon as the process has stopped, or was ended for not stopping. */
  run(order: RunOrder, signal: AbortSignal, silenceMs: number, onSaying: (saying: Saying) => void): Promise<Outcome>;
  /** Resolves when the process is gone and its memory back. */
  unload(): Promise<void>;
}

export interface ResidentDeps {
  readonly start: () => EngineProcess;
  /** How long a process may take to obey an abort. */
  readonly obeyMs: number;
  /** It ended, and not because we said so. */
  readonly onCrash: (lastWords: string) => void;
  /** In any case. */
  readonly onGone: () => void;
}

/** Far more than a slow disk needs for a big model. */
const longestLoadMs = 10 * 60_000;

export function createResident(order: LoadOrder, deps: ResidentDeps): Resident {
  const engine = deps.start();
  const loading = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  loading.promise.catch(() => undefined);
  const loadTimer = setTimeout(() => engine.kill(), longestLoadMs);
  let state: ResidentState = "loading";
  let residentBytes = 0;
  let isUnloading = false;
  let current:
    | { readonly id: number; readonly onReport: (report: Report) => void; readonly onExit: () => void }
    | undefined;

  engine.onReport((report) => {
    if ("residentBytes" in report) residentBytes = report.residentBytes;
    if (report.type === "loaded") {
      clearTimeout(loadTimer);
      state = "ready";
      loading.resolve();
    } else if (report.type === "not-loaded") {
      loading.reject(new AppError(report.code, report.message, report.hint === undefined ? {} : { hint: report.hint }));
      void unload();
    } else if (report.id === current?.id) current.onReport(report);
  });
  engine.onExit((lastWords) => {
    clearTimeout(loadTimer);
    state = "gone";
    residentBytes = 0;
    loading.reject(new AppError("model-failed", "The local engine ended while it loaded the model."));
    if (!isUnloading) deps.onCrash(lastWords);
    deps.onGone();
    ended.resolve();
    current?.onExit();
  });
  engine.send(order);

  function unload(): Promise<void> {
    isUnloading = true;
    if (state !== "gone") engine.kill();
    return ended.promise;
  }

  return {
    pid: engine.pid,
    get state() {
      return state;
    },
    get residentBytes() {
      return residentBytes;
    },
    loaded: loading.promise,
    run(run, signal, silenceMs, onSaying) {
      if (state !== "ready") return Promise.resolve({ type: "crashed" });
      const { promise, resolve } = Promise.withResolvers<Outcome>();
      const { id } = run;
      let isSilent = false;
      let obeyTimer: NodeJS.Timeout | undefined;
      const silenceTimer = setTimeout(() => {
        isSilent = true;
        engine.kill();
      }, silenceMs);
      const onAbort = (): void => {
        engine.send({ type: "abort", id });
        obeyTimer = setTimeout(() => void unload(), deps.obeyMs);
      };
      const settle = (outcome: Outcome): void => {
        clearTimeout(silenceTimer);
        clearTimeout(obeyTimer);
        signal.removeEventListener("abort", onAbort);
        current = undefined;
        if (state === "busy") state = "ready";
        resolve(outcome);
      };
      state = "busy";
      current = {
        id,
        onReport(report) {
          silenceTimer.refresh();
          if (report.type === "said") onSaying(report.saying);
          else if (report.type === "finished" || report.type === "failed") settle(report);
        },
        onExit: () => settle({ type: isSilent ? "silent" : "crashed" }),
      };
      engine.send(run);
      signal.addEventListener("abort", onAbort, { once: true });
      if (signal.aborted) onAbort();
      return promise;
    },
    unload,
  };
}
