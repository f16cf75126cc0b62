import { AppError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { EngineProcess } from "./engine-process.ts";
import type { LoadOrder } from "./protocol.ts";
import { createResident, type Resident, type ResidentState } from "./resident.ts";
import type { RestartGuard } from "./restart.ts";

export type Life = "immediate" | "hibernate" | "keep";

/** What a model will take, before it was ever loaded: 2 to 3.7 times its file was measured. */
const residentPerFileByte = 2.5;
/** Whoever waits in line for the same model must not wait for it to load again. */
const immediateMs = 50;

export interface Place {
  readonly order: LoadOrder;
  readonly fileBytes: number;
  readonly life: Life;
}

export interface ResidentsDeps {
  readonly start: () => EngineProcess;
  readonly log: Logger;
  readonly guard: RestartGuard;
  readonly memoryLimitBytes: number;
  readonly hibernateMs: number;
  readonly obeyMs: number;
}

export interface ResidentStatus {
  readonly file: string;
  readonly state: ResidentState;
  readonly pid: number | undefined;
  readonly residentBytes: number;
  readonly life: Life;
}

export interface Residents {
  /** Loaded and ready. Makes room first. Throws AppError. */
  take(place: Place): Promise<Resident>;
  /** Nobody uses it any more: its idle time begins. `hasWorked`: it answered, so crashes are counted from none again. */
  release(place: Place, hasWorked: boolean): void;
  list(): readonly ResidentStatus[];
  close(): Promise<void>;
}

interface Entry {
  readonly resident: Resident;
  readonly order: LoadOrder;
  life: Life;
  usedAt: number;
  timer?: NodeJS.Timeout | undefined;
}

/**
 * The models in memory, each in its process. As many as fit under the limit stay; for another one the least recently
 * used goes, those to be kept last. Called by one request at a time.
 */
export function createResidents(deps: ResidentsDeps): Residents {
  const entries = new Map<string, Entry>();
  const measured = new Map<string, number>();
  let uses = 0;

  async function makeRoom(place: Place): Promise<void> {
    const needed = measured.get(keyOf(place)) ?? place.fileBytes * residentPerFileByte;
    const limit = deps.memoryLimitBytes;
    if (place.fileBytes > limit)
      throw new AppError("too-large", `The model needs more memory than local models may take (${toGb(limit)} GB).`, {
        hint: "Take a smaller model, or raise models.memoryMb.",
      });
    while (entries.size > 0 && sum() + needed > limit) await evict();
  }

  async function evict(but?: string): Promise<boolean> {
    const [oldest] = [...entries]
      .filter(([key]) => key !== but)
      .toSorted(([, a], [, b]) => Number(a.life === "keep") - Number(b.life === "keep") || a.usedAt - b.usedAt);
    if (oldest === undefined) return false;
    await drop(...oldest);
    return true;
  }

  async function drop(key: string, entry: Entry): Promise<void> {
    clearTimeout(entry.timer);
    deps.log.debug({ file: entry.order.file }, "A local model leaves memory.");
    if (entries.get(key) === entry) entries.delete(key);
    await entry.resident.unload();
  }

  /** Those that still load have told nothing yet. */
  function sum(): number {
    return entries.values().reduce((bytes, { resident }) => bytes + resident.residentBytes, 0);
  }

  function load(key: string, place: Place): Entry {
    const waitMs = deps.guard.wait(key);
    if (waitMs > 0)
      throw new AppError("model-failed", "The local engine crashed several times in a row and rests.", {
        retryAfterMs: waitMs,
      });
    const entry: Entry = {
      order: place.order,
      life: place.life,
      usedAt: 0,
      resident: createResident(place.order, {
        start: deps.start,
        obeyMs: deps.obeyMs,
        onCrash(lastWords) {
          deps.guard.crashed(key);
          deps.log.warn({ file: place.order.file, lastWords }, "The process of a local model ended unexpectedly.");
        },
        onGone() {
          clearTimeout(entry.timer);
          if (entries.get(key) === entry) entries.delete(key);
        },
      }),
    };
    entries.set(key, entry);
    return entry;
  }

  return {
    async take(place) {
      const key = keyOf(place);
      let entry = entries.get(key);
      if (entry === undefined) {
        await makeRoom(place);
        entry = load(key, place);
      }
      clearTimeout(entry.timer);
      entry.life = place.life;
      entry.usedAt = ++uses;
      try {
        await entry.resident.loaded;
      } catch (error) {
        await drop(key, entry);
        throw error;
      }
      return entry.resident;
    },
    release(place, hasWorked) {
      const key = keyOf(place);
      if (hasWorked) deps.guard.worked(key);
      const entry = entries.get(key);
      if (entry === undefined) return;
      measured.set(key, entry.resident.residentBytes);
      clearTimeout(entry.timer);
      if (entry.life !== "keep") {
        const idleMs = entry.life === "immediate" ? immediateMs : deps.hibernateMs;
        entry.timer = setTimeout(() => void drop(key, entry), idleMs);
        entry.timer.unref();
      }
      // It may have grown, or been underestimated.
      if (sum() > deps.memoryLimitBytes) void evict(key);
    },
    list: () =>
      [...entries.values()].map(({ resident, order, life }) => ({
        file: order.file,
        state: resident.state,
        pid: resident.pid,
        residentBytes: resident.residentBytes,
        life,
      })),
    async close() {
      while (await evict()) continue;
    },
  };
}

/** The same file with another context is another model in memory. */
function keyOf({ order }: Place): string {
  return `${order.contextTokens} ${order.file}`;
}

function toGb(bytes: number): string {
  return (bytes / 1024 ** 3).toFixed(1);
}
