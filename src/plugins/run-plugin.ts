import { AppError, isAppError } from "../core/errors.ts";
import { runApart } from "../core/run-apart.ts";
import { answerPlugin, type HostCallDeps, type HostQuestion } from "./host-calls.ts";
import { begun, threadModule, type ThreadJob, type ThreadResult } from "./in-thread.ts";
import { defaultEffect, defaultMemoryMb, defaultTimeoutMs, type PluginOptions } from "./options.ts";

export interface PluginRun {
  /** For messages. */
  readonly name: string;
  readonly options: PluginOptions;
  readonly module: WebAssembly.Module;
  readonly export: ThreadJob["export"];
  readonly input: string;
  /** For the ledger. */
  readonly turnId: string;
  readonly signal: AbortSignal;
}

export interface RunPluginDeps extends HostCallDeps {
  /** Takes these secrets out of a text, and what looks like one. */
  readonly redact: (text: string, secrets: readonly string[]) => string;
  /** Takes out of text from outside what nobody can see. */
  readonly cleanText: (text: string) => string;
  /** Address of the module that runs a plugin; ours when absent. */
  readonly thread?: string;
}

/** For starting a thread and loading the engine, on a machine that is busy. */
const startMs = 30_000;
/** For the engine itself: the plugin's own memory is bounded by the module. */
const engineMemoryMb = 256;

/**
 * Runs one export of a plugin in a thread of its own and gives its JSON. Throws AppError: "aborted", "timeout",
 * "too-large" (its memory), "package-missing", "tool-failed". No message holds one of the plugin's keys.
 */
export async function runPlugin(run: PluginRun, deps: RunPluginDeps): Promise<unknown> {
  const { name, options } = run;
  const { keys = {}, memoryMb = defaultMemoryMb, timeoutMs = defaultTimeoutMs } = options;
  const job: ThreadJob = { module: run.module, export: run.export, input: run.input, keys, memoryMb };
  const late = new AbortController();
  let clock: NodeJS.Timeout | undefined;
  const result = await runApart<ThreadResult>({
    where: "thread",
    module: deps.thread ?? threadModule,
    name: "runInThread",
    input: job,
    timeoutMs: timeoutMs + startMs,
    maxMemoryMb: memoryMb + engineMemoryMb,
    signal: AbortSignal.any([run.signal, late.signal]),
    async answer(question, signal) {
      if (question !== begun) return answerPlugin(question as HostQuestion, options, deps, run.turnId, signal);
      clock = setTimeout(() => late.abort(), timeoutMs);
      return undefined;
    },
  })
    .catch((error: unknown) => {
      const isLate = late.signal.aborted && !run.signal.aborted;
      throw translate(isLate ? new AppError("timeout", "It is late.") : error, run);
    })
    .finally(() => clearTimeout(clock));
  if (result.kind === "answered") return result.value;
  if (result.isFull) throw tooMuchMemory(run);
  const reason = deps.redact(deps.cleanText(result.reason), Object.values(keys));
  throw new AppError("tool-failed", `The plugin "${name}" failed: ${reason.replace(/\.$/, "")}.`);
}

function translate(error: unknown, run: PluginRun): unknown {
  if (!isAppError(error)) return error;
  const { timeoutMs = defaultTimeoutMs, effect = defaultEffect } = run.options;
  if (error.code === "timeout") {
    const message = `The plugin "${run.name}" took longer than ${timeoutMs / 1000} s and was stopped.`;
    const isHarmless = effect === "read" || run.export === "describe";
    return new AppError("timeout", message, isHarmless ? {} : { hint: "It may or may not have taken effect." });
  }
  if (error.code === "too-large") return tooMuchMemory(run);
  return error;
}

function tooMuchMemory({ name, options: { memoryMb = defaultMemoryMb } }: PluginRun): AppError {
  return new AppError("too-large", `The plugin "${name}" needed more than the ${memoryMb} MB of memory it may have.`, {
    hint: `Its memoryMb in parlance.yaml sets that.`,
  });
}
