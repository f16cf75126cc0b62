import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { AppError, isAppError } from "../src/core/errors.ts";
import { watchFolder } from "../src/core/watch-folder.ts";
import type { LoadedConfig } from "./load.ts";

export interface WatchOptions {
  /** Loads anew with the arguments of the first time: `() => loadConfig(sameOptions)`. */
  readonly load: () => Promise<LoadedConfig>;
  /** Told of each valid file whose content differs from the last one seen. */
  readonly onChange: (loaded: LoadedConfig) => void;
  /** Told when the file became invalid or disappeared: the last good configuration stays in force. */
  readonly onInvalid: (error: AppError) => void;
  readonly signal: AbortSignal;
  readonly debounceMs?: number;
}

/**
 * Watches the configuration file until the signal aborts; resolves once it watches. Saves in place, saves by
 * replacement and switched links are all noticed, for the folder is watched and the content compared.
 */
export async function watchConfig(path: string, options: WatchOptions): Promise<void> {
  const file = basename(path);
  let lastHash = await hashFile(path);

  async function reload(): Promise<void> {
    const hash = await hashFile(path);
    if (hash === lastHash || options.signal.aborted) return;
    lastHash = hash;
    if (hash === undefined) {
      options.onInvalid(
        new AppError("config-invalid", `The configuration file ${path} is gone.`, {
          hint: "The last good configuration stays in force.",
        }),
      );
      return;
    }
    try {
      const loaded = await options.load();
      if (!options.signal.aborted) options.onChange(loaded);
    } catch (error) {
      if (!isAppError(error)) throw error;
      options.onInvalid(error);
    }
  }

  watchFolder(dirname(path), {
    // Mounted configurations are switched by a link named "..data".
    isWanted: (name) => name === file || name.startsWith(".."),
    onChange: reload,
    signal: options.signal,
    ...(options.debounceMs === undefined ? {} : { debounceMs: options.debounceMs }),
  });
}

async function hashFile(path: string): Promise<string | undefined> {
  try {
    return createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
  } catch {
    return undefined;
  }
}
