import { createHash } from "node:crypto";
import { mkdir, open, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import type { PrefixSettings } from "./protocol.ts";

/** First bytes of llama.cpp's file of one sequence: magic, version, count, then the tokens. */
const magic = 0x67677371;
const headBytes = 12;

export interface SavedPrefix {
  readonly path: string;
  /** How many of the wanted tokens it begins with. */
  readonly tokens: number;
}

export interface PrefixStore {
  /** The one that spares the most reading. */
  find(wanted: readonly number[]): Promise<SavedPrefix | undefined>;
  /** Runs `load` with the file. One that cannot be loaded, or brings the process down, is never tried again. */
  use(prefix: SavedPrefix, load: (path: string) => Promise<void>): Promise<boolean>;
  /** Runs `write` with a path and keeps what it wrote, whole or not at all; then drops the oldest beyond the bounds. */
  save(tokens: readonly number[], write: (path: string) => Promise<unknown>): Promise<void>;
}

/**
 * What the engine made of prompts' beginnings, on disk, so that the first turn after a restart need not read them
 * again. `model` names everything that a state depends on: another model's state could crash the engine.
 */
export function createPrefixStore(settings: PrefixSettings, model: string): PrefixStore {
  const mark = hash(model);

  async function list(): Promise<readonly string[]> {
    const names = await readdir(settings.folder).catch(() => []);
    return names.filter((name) => name.startsWith(`${mark}-`) && name.endsWith(".state"));
  }

  /** Of all models, the newest first. */
  async function prune(): Promise<void> {
    const names = (await readdir(settings.folder)).filter((name) => name.endsWith(".state"));
    const files = await Promise.all(
      names.map(async (name) => {
        const path = join(settings.folder, name);
        const { size, mtimeMs } = await stat(path).catch(() => ({ size: 0, mtimeMs: 0 }));
        return { path, size, mtimeMs };
      }),
    );
    let bytes = 0;
    for (const [index, { path, size }] of files.toSorted((a, b) => b.mtimeMs - a.mtimeMs).entries()) {
      bytes += size;
      if (index >= settings.maxFiles || bytes > settings.maxBytes) await rm(path, { force: true });
    }
  }

  return {
    async find(wanted) {
      let best: SavedPrefix | undefined;
      for (const name of await list()) {
        const path = join(settings.folder, name);
        const tokens = await countCommon(path, wanted);
        if (tokens > (best?.tokens ?? 0)) best = { path, tokens };
      }
      return best;
    },
    async use(prefix, load) {
      // Under another name while it is loaded: if that kills the process, nobody finds it again.
      const inUse = `${prefix.path}.${process.pid}.tried`;
      try {
        await rename(prefix.path, inUse);
        await load(inUse);
        await utimes(inUse, new Date(), new Date());
        await rename(inUse, prefix.path);
        return true;
      } catch {
        await rm(inUse, { force: true });
        return false;
      }
    },
    async save(tokens, write) {
      await mkdir(settings.folder, { recursive: true, mode: 0o700 });
      const path = join(settings.folder, `${mark}-${hash(tokens.join(" "))}.state`);
      const part = `${path}.${process.pid}.part`;
      try {
        await write(part);
        await rename(part, path);
      } finally {
        await rm(part, { force: true });
      }
      await removeRemains(settings.folder);
      await prune();
    },
  };
}

/** Files of processes that ended in the middle. */
async function removeRemains(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = Number(/\.(\d+)\.(part|tried)$/.exec(name)?.[1] ?? Number.NaN);
    if (!Number.isNaN(pid) && !isRunning(pid)) await rm(join(folder, name), { force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** 0 for what is no such file. */
async function countCommon(path: string, wanted: readonly number[]): Promise<number> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return 0;
  try {
    const head = new DataView(new ArrayBuffer(headBytes));
    const { bytesRead } = await file.read(head);
    if (bytesRead < headBytes || head.getUint32(0, true) !== magic) return 0;
    const count = Math.min(head.getUint32(8, true), wanted.length);
    const tokens = new DataView(new ArrayBuffer(count * 4));
    if ((await file.read(tokens, { position: headBytes })).bytesRead < count * 4) return 0;
    for (let index = 0; index < count; index += 1) if (tokens.getInt32(index * 4, true) !== wanted[index]) return index;
    return count;
  } finally {
    await file.close();
  }
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 24);
}
