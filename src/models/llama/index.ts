import { totalmem } from "node:os";
import { join } from "node:path";
import { AppError } from "../../core/errors.ts";
import { silentLogger, type Logger } from "../../core/log.ts";
import type { Model } from "../../core/model.ts";
import type { AliasConfig } from "../alias.ts";
import { startEngineProcess, type EngineProcess } from "./engine-process.ts";
import { createLocalModel } from "./local-model.ts";
import { checkModelFile } from "./model-file.ts";
import { createResidents, type ResidentStatus } from "./residents.ts";
import { createRestartGuard } from "./restart.ts";
import { createTurnstile } from "./turnstile.ts";

export { pickPreset, type Hardware, type Preset } from "./preset.ts";
export { probeHardware } from "./probe-hardware.ts";

const usualHibernateMs = 5 * 60_000;
const mostWaiting = 256;
const mostPrefixFiles = 8;
const mostPrefixBytes = 2 * 1024 ** 3;

export interface LocalEngineDeps {
  readonly dataFolder: string;
  /** The file of a model: of an id in the store, or a path. Throws AppError. */
  readonly resolveFile: (model: string, signal: AbortSignal) => Promise<string>;
  readonly log?: Logger;
  readonly now?: () => number;
  /** Of all models together; default: half of the machine's. */
  readonly memoryLimitBytes?: number;
  /** At most so many per model; default: the real cores, one fewer when anything else runs. */
  readonly threads?: number;
  /** Default "auto": what is there. */
  readonly gpu?: "auto" | false;
  readonly hibernateMs?: number;
  /** How long a process may go on after an abort before it is ended; default 2 s. */
  readonly obeyMs?: number;
  /** Shortest beginning of a prompt that is kept on disk; default 256 tokens. */
  readonly minPrefixTokens?: number;
  readonly start?: () => EngineProcess;
}

export interface LocalEngineStatus {
  readonly models: readonly ResidentStatus[];
  readonly waiting: number;
  /** Processes that ended unexpectedly, since the start. */
  readonly crashes: number;
}

export interface LocalEngine {
  /** Nothing is loaded before its first request. Throws AppError when there is no such model file. */
  readonly createModel: (name: string, alias: AliasConfig) => Promise<Model>;
  status(): LocalEngineStatus;
  /** Ends all processes. What runs fails, what comes later as well. */
  readonly close: () => Promise<void>;
}

/**
 * Models that run on this machine, by node-llama-cpp. Each one is loaded on demand into a process of its own, so that
 * neither a long prompt nor a crash reaches the service, and unloading gives all memory back. One request at a time:
 * two at once would each take twice as long.
 */
export function createLocalEngine(deps: LocalEngineDeps): LocalEngine {
  const { log = silentLogger, now = Date.now } = deps;
  const closing = new AbortController();
  const turnstile = createTurnstile(mostWaiting);
  const guard = createRestartGuard(now);
  const residents = createResidents({
    start: deps.start ?? startEngineProcess,
    log,
    guard,
    memoryLimitBytes: deps.memoryLimitBytes ?? totalmem() / 2,
    hibernateMs: deps.hibernateMs ?? usualHibernateMs,
    obeyMs: deps.obeyMs ?? 2_000,
  });
  const prefixes = {
    folder: join(deps.dataFolder, "models", "prefixes"),
    maxFiles: mostPrefixFiles,
    maxBytes: mostPrefixBytes,
    minTokens: deps.minPrefixTokens ?? 256,
  };

  return {
    async createModel(name, alias) {
      if (closing.signal.aborted) throw new AppError("aborted", "The local engine is closed.");
      const file = await deps.resolveFile(alias.model, closing.signal);
      await checkModelFile(file, name);
      return createLocalModel(name, alias, {
        turnstile,
        residents,
        closed: closing.signal,
        place: async (contextTokens) => ({
          life: alias.life ?? "hibernate",
          fileBytes: await checkModelFile(file, name),
          order: {
            type: "load",
            file,
            contextTokens,
            gpu: deps.gpu ?? "auto",
            prefixes,
            ...(deps.threads === undefined ? {} : { threads: deps.threads }),
          },
        }),
      });
    },
    status: () => ({ models: residents.list(), waiting: turnstile.waiting, crashes: guard.crashes }),
    async close() {
      closing.abort();
      await residents.close();
    },
  };
}
