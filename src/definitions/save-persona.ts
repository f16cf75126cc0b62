import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { AppError } from "../core/errors.ts";

/** Keeps the files of personas that are changed at run time, with all that they were before. */
export interface PersonaFiles {
  /** Puts these instructions into the persona's own file; its front matter stays. Throws AppError "not-found". */
  save(name: string, instructions: string): Promise<void>;
  /** Times (epoch ms) at which it was changed, newest first. */
  history(name: string): Promise<readonly number[]>;
  /** Takes the last change back. False: there is none. */
  rollBack(name: string): Promise<boolean>;
}

/** `folders`: shipped, own. Changes go to the own folder; what stood there before goes to `history` in it. */
export function createPersonaFiles([shipped, own]: readonly [string, string], now: () => number): PersonaFiles {
  const historyFolder = join(own, "history");
  const ownPath = (name: string) => join(own, `${name}.md`);
  const read = (path: string) => readFile(path, "utf8").catch(() => undefined);

  async function history(name: string): Promise<number[]> {
    const files = await readdir(historyFolder).catch(() => []);
    const times = files.flatMap((file) => {
      const [, owner, at] = /^([a-z0-9-]+)\.(\d+)\.md$/.exec(file) ?? [];
      return owner === name ? [Number(at)] : [];
    });
    return times.toSorted((a, b) => b - a);
  }

  return {
    history,
    async save(name, instructions) {
      const before = await read(ownPath(name));
      const text = before ?? (await read(join(shipped, `${name}.md`)));
      const [, head] = /^(\uFEFF?---\r?\n[^]*?\n---[^\S\n]*\r?\n)/.exec(text ?? "") ?? [];
      if (head === undefined) throw new AppError("not-found", `There is no persona file "${name}.md" to change.`);
      // An empty file says that the shipped one was in force.
      await writeWhole(join(historyFolder, `${name}.${now()}.md`), before ?? "");
      await writeWhole(ownPath(name), `${head}\n${instructions.trim()}\n`);
    },
    async rollBack(name) {
      const [last] = await history(name);
      if (last === undefined) return false;
      const path = join(historyFolder, `${name}.${last}.md`);
      const before = await readFile(path, "utf8");
      if (before === "") await rm(ownPath(name), { force: true });
      else await writeWhole(ownPath(name), before);
      await rm(path, { force: true });
      return true;
    },
  };
}

/** The whole text or the file as it was, whatever happens meanwhile. */
async function writeWhole(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = await open(`${path}.new`, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}
