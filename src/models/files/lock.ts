import { mkdir, readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { stopped } from "./retry.ts";
import { writeJson } from "./write-json.ts";
import type { FileProgress } from "./progress.ts";

/** Who holds a lock, as the holder wrote it: for people. Whether it is held, only the lock itself knows. */
export interface LockHolder {
  readonly pid: number;
  /** Epoch ms. */
  readonly startedAt: number;
  readonly of?: FileProgress;
}

export interface Lock {
  /** Tells those who wait. */
  note(of: FileProgress): Promise<void>;
  release(): Promise<void>;
}

const pollMs = 200;

/**
 * Takes the lock named by `path`, or waits for whoever has it. Node has no file locks, SQLite does: an exclusive
 * transaction on an empty database is a lock of the operating system's, which falls with the process that held it,
 * however that ended, and no process id has to be believed. Lock files stay: to remove one would split the lock.
 */
export async function takeLock(
  path: string,
  signal: AbortSignal,
  now: () => number,
  onWait: (holder: LockHolder | undefined) => void = () => undefined,
): Promise<Lock> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const holderPath = `${path}.json`;
  for (;;) {
    if (signal.aborted) throw stopped();
    const database = tryLock(path);
    if (database !== undefined) {
      const self = { pid: process.pid, startedAt: now() };
      await writeJson(holderPath, self);
      return {
        note: (of) => writeJson(holderPath, { ...self, of }),
        async release() {
          await rm(holderPath, { force: true });
          database.close();
        },
      };
    }
    onWait(await readHolder(holderPath));
    await sleep(pollMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Is nobody there who holds it? Leaves it free. */
export function isFree(path: string): boolean {
  const database = tryLock(path);
  database?.close();
  return database !== undefined;
}

function tryLock(path: string): DatabaseSync | undefined {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec("begin exclusive");
    return database;
  } catch (error) {
    database.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && (Number(error.errcode) & 0xff) === 5; // SQLITE_BUSY
}

async function readHolder(path: string): Promise<LockHolder | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as LockHolder;
  } catch {
    return undefined;
  }
}
