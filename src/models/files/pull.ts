import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "../../core/errors.ts";
import { hasContent } from "./content.ts";
import { downloadFile, type FetchedFile, type WantedFile } from "./download.ts";
import { listWanted } from "./hugging-face.ts";
import { install, isComplete, loadInstalled, type InstalledModel } from "./installed.ts";
import { createLayout, pullLock, storeLock } from "./layout.ts";
import { takeLock, type Lock } from "./lock.ts";
import type { OpenDownload } from "./open-download.ts";
import type { FileProgress, PullProgress } from "./progress.ts";
import { formatSlug } from "./reference.ts";
import type { Target } from "./registry.ts";
import type { RetryOptions } from "./retry.ts";
import { needSpace, type FreeBytes } from "./space.ts";

export interface PullDeps {
  /** The folder of the model store. */
  readonly root: string;
  readonly open: OpenDownload;
  readonly endpoint: string;
  readonly token: string | undefined;
  readonly isOffline: boolean;
  readonly freeBytes: FreeBytes;
  readonly now: () => number;
  readonly wait?: RetryOptions["wait"];
}

export interface PullOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: PullProgress) => void;
  /** Fetches what is installed already once more: it must be the same. */
  readonly again?: boolean;
}

export interface Pulled {
  readonly model: InstalledModel;
  /** Nothing was fetched by us. */
  readonly wasInstalled: boolean;
}

const noteEveryMs = 500;

/**
 * Installs a model, once for all processes: who comes second waits for the first and finds it installed. Throws
 * AppError; after "aborted" and "unreachable" the next pull goes on where this one stopped.
 */
export async function pullModel(target: Target, options: PullOptions, deps: PullDeps): Promise<Pulled> {
  const { signal, onProgress = () => undefined } = options;
  const layout = createLayout(deps.root);
  const slug = formatSlug(target.id);
  const findInstalled = async (): Promise<Pulled | undefined> => {
    const model = await loadInstalled(layout, target.id);
    return model !== undefined && (await isComplete(layout, model)) && isAsRegistered(model, target)
      ? { model, wasInstalled: true }
      : undefined;
  };
  const known = await findInstalled();
  if (known !== undefined && options.again !== true) return known;
  if (deps.isOffline) throw describeOffline(target);

  let hasWaited = false;
  const lock = await takeLock(pullLock(layout, slug), signal, deps.now, (holder) => {
    hasWaited = true;
    onProgress({ phase: "waiting", pid: holder?.pid, of: holder?.of });
  });
  const teller = createTeller(lock, onProgress);
  /** The same content may have come by another name. */
  const fetchOrAdopt = async (file: WantedFile, part: string): Promise<FetchedFile> => {
    const sha256 = options.again === true ? undefined : file.sha256;
    const blob = sha256 === undefined ? undefined : await stat(layout.blob(sha256)).catch(() => undefined);
    if (sha256 !== undefined && blob !== undefined && (await hasContent(layout.blob(sha256), sha256)))
      return { sha256, bytes: blob.size, trust: file.isServersWord === true ? "server" : "known" };
    return downloadFile(file, part, signal, { ...deps, onProgress: teller.tell });
  };
  try {
    const found = await findInstalled();
    if (found !== undefined && (hasWaited || options.again !== true)) return found;
    const before = await loadInstalled(layout, target.id);
    const wanted = (await listWanted(target, signal, deps)).map((file) => withRecorded(file, target, before));
    const partOf = (name: string): string => join(layout.parts, slug, `${name}.part`);
    await needSpace(await missingBytes(wanted, partOf), deps.freeBytes);
    const files: (FetchedFile & { name: string })[] = [];
    for (const file of wanted) files.push({ name: file.name, ...(await fetchOrAdopt(file, partOf(file.name))) });
    const model = { reference: target.id, slug, kind: target.kind, installedAt: deps.now(), files };
    const short = await takeLock(storeLock(layout), signal, deps.now);
    try {
      await install(layout, model, partOf);
    } finally {
      await short.release();
    }
    await rm(join(layout.parts, slug), { recursive: true, force: true });
    return { model, wasInstalled: false };
  } finally {
    await teller.settle();
    await lock.release();
  }
}

/** What the registry says now may be stricter than what was known at the pull. */
export function isAsRegistered({ files }: InstalledModel, { entry }: Target): boolean {
  return (entry?.files ?? []).every(({ name, sha256 }) => {
    const own = files.find((file) => file.name === name);
    return own !== undefined && (sha256 === undefined || own.sha256 === sha256);
  });
}

/** A model that was installed once must come the same again, where nobody else says what it must be. */
function withRecorded(file: WantedFile, { entry }: Target, before: InstalledModel | undefined): WantedFile {
  const recorded = before?.files.find(({ name }) => name === file.name);
  const isRegistered = entry?.files?.some(({ name, sha256 }) => name === file.name && sha256 !== undefined) === true;
  if (recorded === undefined || isRegistered) return file;
  const { isServersWord: _none, ...rest } = file;
  return { ...rest, sha256: recorded.sha256, isRecorded: true };
}

async function missingBytes(wanted: readonly WantedFile[], partOf: (name: string) => string): Promise<number> {
  let sum = 0;
  for (const { name, bytes = 0 } of wanted)
    sum += Math.max(0, bytes - ((await stat(partOf(name)).catch(() => undefined))?.size ?? 0));
  return sum;
}

function describeOffline({ id, entry }: Target): AppError {
  const names = entry?.files?.map(({ name }) => name).join(", ");
  return new AppError(
    "forbidden",
    `${id} is not installed${names === undefined ? "" : ` (${names})`}, and downloads are switched off.`,
    {
      hint: "Set `models.offline: false`, or name a file that lies on this machine.",
    },
  );
}

/** Those who wait in other processes read it from the lock: the first thing at once, then the newest now and then. */
function createTeller(
  lock: Lock,
  onProgress: (progress: PullProgress) => void,
): { tell(progress: PullProgress): void; settle(): Promise<void> } {
  let newest: FileProgress | undefined;
  let noted: FileProgress | undefined;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;
  let isSettled = false;

  function schedule(): void {
    if (isSettled || timer !== undefined || writing !== undefined || newest === noted) return;
    timer = setTimeout(note, noted === undefined ? 0 : noteEveryMs);
  }

  function note(): void {
    timer = undefined;
    if (newest === undefined) return;
    noted = newest;
    writing = lock
      .note(newest)
      .catch(() => undefined)
      .finally(() => {
        writing = undefined;
        schedule();
      });
  }

  return {
    tell(progress) {
      onProgress(progress);
      if (progress.phase === "waiting") return;
      const { file, doneBytes, totalBytes } = progress;
      newest = { file, doneBytes, totalBytes };
      schedule();
    },
    async settle() {
      isSettled = true;
      clearTimeout(timer);
      await writing;
    },
  };
}
