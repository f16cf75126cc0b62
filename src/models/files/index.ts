import { mkdir, stat, statfs } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { AppError } from "../../core/errors.ts";
import { checkFiles, type CheckedFile } from "./check.ts";
import { forget, isComplete, listInstalled, loadInstalled, noteUse, type InstalledModel } from "./installed.ts";
import { createLayout, storeLock } from "./layout.ts";
import { takeLock } from "./lock.ts";
import { createDownloadOpener, type DownloadRules } from "./open-download.ts";
import { isAsRegistered, pullModel, type PullDeps, type Pulled, type PullOptions } from "./pull.ts";
import { loadRegistry, pickTarget, type ModelKind, type RegistryEntry, type Target } from "./registry.ts";
import { addToRegistry } from "./user-registry.ts";
import { findWaste, removeWaste, type Waste } from "./waste.ts";

export type { CheckedFile } from "./check.ts";
export type { InstalledModel } from "./installed.ts";
export type { Pulled } from "./pull.ts";
export type { FileProgress, PullProgress } from "./progress.ts";
export type { ModelKind, RegistryEntry } from "./registry.ts";
export type { Waste } from "./waste.ts";

export interface ModelFilesOptions extends DownloadRules {
  /** The folder of the store; it is made on first use. */
  readonly root: string;
  /** Of Hugging Face or a mirror. */
  readonly endpoint?: string;
  readonly token?: string;
  /** Never touches the network. */
  readonly isOffline?: boolean;
  readonly now?: () => number;
  /** Between tries; tests pass one that does not wait. */
  readonly wait?: PullDeps["wait"];
  /** Free on the store's disk; asked of the system when absent. */
  readonly freeBytes?: () => Promise<number>;
}

/** The model store: files of models, proved by their sha256, each once. */
export interface ModelFiles {
  registry(): Promise<readonly RegistryEntry[]>;
  /** Gives a reference a name in the user's registry. Throws AppError "config-invalid" or "bad-input". */
  add(entry: Pick<RegistryEntry, "name" | "reference"> & { readonly kind?: ModelKind }): Promise<RegistryEntry>;
  installed(): Promise<readonly InstalledModel[]>;
  pull(reference: string, options: PullOptions): Promise<Pulled>;
  /**
   * The path of a model's first file: an installed one, or a plain file. Never downloads. Throws AppError "not-found",
   * with a hint that says how to get it.
   */
  resolveFile(reference: string, signal: AbortSignal): Promise<string>;
  /** The folder in which all files of a model lie under their own names. Throws like `resolveFile`. */
  resolveFolder(reference: string, signal: AbortSignal): Promise<string>;
  /** The reference of the chat model in a GGUF that was used last, else installed last. */
  findChatModel(): Promise<string | undefined>;
  /** Hashes everything, or one model, anew. */
  check(
    reference: string | undefined,
    signal: AbortSignal,
    onFile?: (checked: CheckedFile) => void,
  ): Promise<readonly CheckedFile[]>;
  /** Forgets a model and removes what only it needed. Resolves with the bytes that became free. */
  remove(reference: string, signal: AbortSignal): Promise<number>;
  /** What nothing refers to. */
  findWaste(signal: AbortSignal): Promise<readonly Waste[]>;
  /** Looks for it again, under the lock, and removes it. */
  removeWaste(signal: AbortSignal): Promise<readonly Waste[]>;
}

const hub = "https://huggingface.co";

function notInstalled(id: string, entry: RegistryEntry | undefined): AppError {
  return new AppError("not-found", `The model ${id} is not installed.`, {
    hint: `Run: parlance models pull ${entry?.name ?? id}`,
  });
}

/** Opens nothing and makes no folder before it is used. */
export function createModelFiles(options: ModelFilesOptions): ModelFiles {
  const { root, now = Date.now } = options;
  const layout = createLayout(root);
  const deps: PullDeps = {
    root,
    open: createDownloadOpener(options),
    endpoint: (options.endpoint ?? hub).replace(/\/+$/, ""),
    token: options.token,
    isOffline: options.isOffline ?? false,
    freeBytes: options.freeBytes ?? freeBytes,
    now,
    wait: options.wait,
  };

  async function freeBytes(): Promise<number> {
    await mkdir(root, { recursive: true, mode: 0o700 });
    const { bavail, bsize } = await statfs(root);
    return bavail * bsize;
  }

  const registry = (): Promise<readonly RegistryEntry[]> => loadRegistry(layout.registry);
  const targetOf = async (reference: string): Promise<Target> => pickTarget(reference, await registry());

  async function needInstalled(reference: string): Promise<InstalledModel> {
    const target = await targetOf(reference);
    const model = await loadInstalled(layout, target.id);
    if (model === undefined || !(await isComplete(layout, model)) || !isAsRegistered(model, target))
      throw notInstalled(target.id, target.entry);
    return model;
  }

  async function withStoreLock<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const lock = await takeLock(storeLock(layout), signal, now);
    try {
      return await work();
    } finally {
      await lock.release();
    }
  }

  /** Of a plain file; undefined for everything else. */
  async function resolvePlainFile(reference: string): Promise<string | undefined> {
    const target = await targetOf(reference);
    if (target.reference.kind !== "file") return undefined;
    const path = resolve(target.id.replace(/^~(?=[/\\])/, homedir()));
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() !== true && found?.isDirectory() !== true)
      throw new AppError("not-found", `The model file ${path} does not exist.`);
    return path;
  }

  return {
    registry,
    async add({ name, reference, kind }) {
      const target = await targetOf(reference);
      const entry = { ...target.entry, name, reference: target.id, kind: kind ?? target.kind };
      await addToRegistry(layout.registry, entry);
      return entry;
    },
    installed: () => listInstalled(layout),
    pull: async (reference, pullOptions) => pullModel(await targetOf(reference), pullOptions, deps),
    async resolveFile(reference, signal) {
      signal.throwIfAborted();
      const plain = await resolvePlainFile(reference);
      if (plain !== undefined) return plain;
      const model = await needInstalled(reference);
      await noteUse(layout, model, now());
      return join(layout.files, model.slug, model.files[0]?.name ?? "");
    },
    async resolveFolder(reference, signal) {
      signal.throwIfAborted();
      const plain = await resolvePlainFile(reference);
      if (plain !== undefined) return plain;
      const model = await needInstalled(reference);
      await noteUse(layout, model, now());
      return join(layout.files, model.slug);
    },
    async findChatModel() {
      const found = (await listInstalled(layout)).filter(
        ({ kind, files }) => kind === "chat" && files.some(({ name }) => name.toLowerCase().endsWith(".gguf")),
      );
      const lastAt = (model: InstalledModel): number => model.usedAt ?? model.installedAt;
      return found.toSorted((a, b) => lastAt(b) - lastAt(a))[0]?.reference;
    },
    async check(reference, signal, onFile) {
      const id = reference === undefined ? undefined : (await targetOf(reference)).id;
      if (id !== undefined && (await loadInstalled(layout, id)) === undefined) throw notInstalled(id, undefined);
      return checkFiles(layout, (model) => id === undefined || model.reference === id, signal, onFile);
    },
    async remove(reference, signal) {
      const { id } = await targetOf(reference);
      const model = await loadInstalled(layout, id);
      if (model === undefined) throw notInstalled(id, undefined);
      return withStoreLock(signal, async () => {
        await forget(layout, model.slug);
        const own = new Set(model.files.map(({ sha256 }) => layout.blob(sha256)));
        const waste = (await findWaste(layout, now())).filter(({ path }) => own.has(path));
        await removeWaste(waste);
        return waste.reduce((sum, { bytes }) => sum + bytes, 0);
      });
    },
    findWaste: (signal) => withStoreLock(signal, () => findWaste(layout, now())),
    removeWaste: (signal) =>
      withStoreLock(signal, async () => {
        const waste = await findWaste(layout, now());
        await removeWaste(waste);
        return waste;
      }),
  };
}
