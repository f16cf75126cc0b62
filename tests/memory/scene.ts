import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { calmNativeLogs } from "../../config/load.ts";
import type { Embedder } from "../../src/core/embedder.ts";
import type { MemoryScopes, NewMemory } from "../../src/core/memory.ts";
import { createMemory, type Memory } from "../../src/memory/index.ts";
import { tokenize } from "../../src/memory/ranking/index.ts";
import { createStore, openDatabase, type OpenStore } from "../../src/store/index.ts";
import { createFakeClock, type FakeClock } from "../doubles/fake-clock.ts";

export interface MemoryScene {
  readonly folder: string;
  readonly clock: FakeClock;
  readonly store: OpenStore;
  readonly memory: Memory;
  put(...records: NewMemory[]): Promise<void>;
  forget(...ids: string[]): Promise<void>;
  /** Ids of the finds. */
  find(text: string, scopes?: MemoryScopes, limit?: number): Promise<readonly string[]>;
  /** The same database and index as another process sees them; closed with the scene. */
  another(options?: { readonly hasLease?: boolean; readonly embedder?: Embedder }): Memory;
  close(): Promise<void>;
}

export async function openScene(options: { readonly embedder?: Embedder } = {}): Promise<MemoryScene> {
  calmNativeLogs();
  const folder = await mkdtemp(join(tmpdir(), "parlance-memory-"));
  const clock = createFakeClock();
  const store = await createStore(await openDatabase(join(folder, "store.db")), { now: clock.now });
  const opened: Memory[] = [];
  const open = (hasLease: boolean, embedder: Embedder | undefined): Memory => {
    const memory = createMemory({
      folder: join(folder, "memory"),
      store: store.memories,
      takeLease: async () => hasLease,
      now: clock.now,
      ...(embedder === undefined ? {} : { embedder }),
    });
    opened.push(memory);
    return memory;
  };
  const memory = open(true, options.embedder);
  return {
    folder,
    clock,
    store,
    memory,
    put: (...records) => store.write((transaction) => transaction.putMemories(records)),
    forget: async (...ids) => void (await store.write((transaction) => transaction.forgetMemories(ids, "all"))),
    find: async (text, scopes = "all", limit = 10) =>
      (await memory.recall(text, scopes, limit)).items.map(({ record }) => record.id),
    another: ({ hasLease = false, embedder } = {}) => open(hasLease, embedder),
    async close() {
      for (const each of opened) await each.close();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export function note(id: string, text: string, extra: Partial<NewMemory> = {}): NewMemory {
  return {
    id,
    layer: "assets",
    scope: "team",
    source: "notes",
    speaker: "",
    text,
    at: 1_000,
    importance: 0.5,
    isPinned: false,
    isOutside: false,
    ...extra,
  };
}

/** Hashes words into a vector: texts with common words are near. Deterministic, and no model. */
export function createHashEmbedder(dimensions = 64): Embedder & { readonly texts: string[] } {
  const texts: string[] = [];
  return {
    id: `hash/${dimensions}`,
    dimensions,
    texts,
    async embed(all, kind) {
      if (kind === "document") texts.push(...all);
      return all.map((text) => {
        const vector = new Float32Array(dimensions);
        vector[0] = 1e-3;
        for (const term of tokenize(text)) {
          let hash = 7;
          for (const char of term) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) % 100_003;
          vector[hash % dimensions] = (vector[hash % dimensions] ?? 0) + 1;
        }
        const length = Math.hypot(...vector);
        return vector.map((value) => value / length);
      });
    },
    close: async () => undefined,
  };
}
