import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Config } from "../config/schema.ts";
import type { EgressFetch } from "./core/egress.ts";
import { AppError } from "./core/errors.ts";
import type { Logger } from "./core/log.ts";
import { createPlugins, type Plugins } from "./plugins/index.ts";
import { loadModule } from "./plugins/load-file.ts";
import type { ConfinedFiles } from "./plugins/host-calls.ts";
import { redactSecrets } from "./safety/redact.ts";
import { cleanInboundText } from "./safety/text.ts";
import { inFolderOf, readWhole, writeWhole } from "./tools/workspace/folder.ts";
import { parseChangedPath, parseWorkspacePath } from "./tools/workspace/path.ts";
import { walkFolder, type WalkEntry } from "./tools/workspace/walk.ts";

export interface JoinedPlugins extends Omit<Plugins, "configure"> {
  configure(plugins: Config["plugins"]): Promise<void>;
}

const maxFileBytes = 4 * 1_048_576;

/** WASM plugins with what they may be let do. Nothing is loaded yet. */
export function joinPlugins(deps: {
  readonly dataFolder: string;
  readonly log: Logger;
  readonly fetch: EgressFetch;
  readonly idleMs?: number;
  readonly thread?: string;
}): JoinedPlugins {
  const { dataFolder, ...rest } = deps;
  const plugins = createPlugins({ ...rest, files: confinedFiles, redact: redactSecrets, cleanText: cleanInboundText });
  return {
    ...plugins,
    configure: (configured) =>
      plugins.configure(
        Object.fromEntries(
          Object.entries(configured).map(([name, { file, folders, ...options }]) => [
            name,
            {
              ...options,
              file: resolve(dataFolder, file),
              ...(folders === undefined ? {} : { folders: resolveFolders(folders, dataFolder) }),
            },
          ]),
        ),
      ),
  };
}

/** Checks the file of a plugin and compiles it; nothing of it runs. Throws AppError. */
export async function loadPluginFile(options: Config["plugins"][string], dataFolder: string): Promise<void> {
  await loadModule({ ...options, file: resolve(dataFolder, options.file) });
}

function resolveFolders(folders: NonNullable<Config["plugins"][string]["folders"]>, dataFolder: string) {
  return Object.fromEntries(
    Object.entries(folders).map(([name, { path, access }]) => [name, { path: resolve(dataFolder, path), access }]),
  );
}

/** The same confinement as that of the workspace: no way upwards, no link followed, nothing below a .git changed. */
export const confinedFiles: ConfinedFiles = {
  async read(root, path) {
    await checkFolder(root);
    return inFolderOf(root, parseWorkspacePath(path), (place) => readWhole(place, maxFileBytes));
  },
  async write(root, path, content, { mayReplace }) {
    if (content.length > maxFileBytes) throw new AppError("too-large", "The file would become too large.");
    await inFolderOf(
      root,
      parseChangedPath(path),
      (place, folder) => writeWhole(place, folder, content, { mayReplace }),
      { create: true },
    );
  },
  async list(root, path, max) {
    await checkFolder(root);
    const found: Pick<WalkEntry, "path" | "kind">[] = [];
    for await (const entry of walkFolder(root, parseWorkspacePath(path), { depth: 1 })) {
      found.push({ path: entry.path, kind: entry.kind });
      if (found.length === max) break;
    }
    return found;
  },
};

/** Reading makes no folders. */
async function checkFolder(root: string): Promise<void> {
  const isFolder = await stat(root).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  if (!isFolder) throw new AppError("not-found", "The declared folder does not exist.");
}
