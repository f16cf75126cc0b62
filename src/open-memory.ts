import { join } from "node:path";
import { calmNativeLogs, type LoadedConfig } from "../config/load.ts";
import type { MemoryScope } from "./core/memory.ts";
import { createDocumentReader } from "./documents/index.ts";
import { addDocuments, type AddedDocuments } from "./memory/documents.ts";
import { createMemory, type Memory } from "./memory/index.ts";
import { openEmbedders } from "./open-embedders.ts";
import { openForCommands, type CommandStore } from "./open-store.ts";
import { cleanInboundText } from "./safety/text.ts";

const maxPageChars = 2_000_000;

export interface CommandMemory {
  readonly store: CommandStore;
  readonly memory: Memory;
  addDocuments(path: string, scope: MemoryScope, signal: AbortSignal): Promise<AddedDocuments>;
  /** Takes what changed into the index, where no running service does it. */
  catchUp(onProgress?: (done: number) => void): Promise<void>;
  close(): Promise<void>;
}

/** The folder of the index, beside what else lies in the data folder. */
export function memoryFolder(dataFolder: string): string {
  return join(dataFolder, "memory");
}

/** Memory for commands, beside a service that may be running. */
export async function openMemoryForCommands(loaded: LoadedConfig): Promise<CommandMemory> {
  calmNativeLogs();
  const embedders = openEmbedders(loaded);
  const store = await openForCommands(loaded);
  await store.releaseDeadOwners();
  const memory = createMemory({
    folder: memoryFolder(loaded.dataFolder),
    store: store.memories,
    takeLease: (name, ttlMs) => store.takeNamedLease(name, store.owner, Date.now(), ttlMs),
    now: Date.now,
    ...embedders,
  });
  return {
    store,
    memory,
    addDocuments: (path, scope, signal) =>
      addDocuments(
        { store, readDocument: createDocumentReader(), cleanText: (text) => cleanInboundText(text, maxPageChars) },
        path,
        scope,
        signal,
      ),
    catchUp: async (onProgress) => void (await memory.catchUp(new AbortController().signal, onProgress)),
    close: async () => {
      await memory.close();
      await embedders.embedder?.close();
      await embedders.reranker?.close();
      await store.releaseNamedLeases(store.owner);
      await store.close();
    },
  };
}
