import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { MemoryScope } from "../../src/core/memory.ts";
import { loadIndexState } from "../../src/memory/index-state.ts";
import type { IndexTable } from "../../src/memory/index-table.ts";
import { createIndexWriter } from "../../src/memory/index-writer.ts";
import { createSearchIndex, type SearchIndex } from "../../src/memory/search-index.ts";
import { createHashEmbedder, note, openScene, type MemoryScene } from "./scene.ts";

const signal = new AbortController().signal;

describe("the index", () => {
  let scene: MemoryScene;
  let index: SearchIndex;
  const embedder = createHashEmbedder();
  const folder = () => join(scene.folder, "memory");
  const writerOver = (over: SearchIndex) =>
    createIndexWriter({ index: over, store: scene.store.memories, embedder, now: Date.now });
  const ids = async () => {
    const reader = createSearchIndex(folder());
    await reader.refresh();
    const rows = (await reader.table()?.table.query().select(["id"]).toArray()) as Array<{ id: string }>;
    reader.close();
    return rows.map(({ id }) => id).toSorted();
  };

  beforeEach(async () => {
    scene = await openScene({ embedder });
    index = createSearchIndex(folder());
    await scene.put(note("a", "alpha word", { scope: "person:ada" }), note("b", "alpha word", { scope: "person:bob" }));
    await writerOver(index).rebuild(signal);
  });
  afterEach(async () => {
    index.close();
    await scene.close();
  });

  it("answers within the scopes by itself, by words and by meaning", async () => {
    const [vector = new Float32Array()] = await embedder.embed(["alpha"], "query", signal);
    const search = async (scopes: readonly MemoryScope[], by: "words" | "meaning", isNarrow = false) =>
      (
        await index.search({
          terms: by === "words" ? ["alpha"] : [],
          ...(by === "meaning" ? { vector } : {}),
          scopes,
          isNarrow,
          limit: 10,
        })
      ).map(({ id }) => id);
    for (const by of ["words", "meaning"] as const) {
      expect(await search(["person:ada"], by)).toEqual(["a"]);
      expect(await search(["person:bob", "team"], by, true)).toEqual(["b"]);
      expect(await search(["person:o'hara' OR '1'='1"], by)).toEqual([]);
      expect((await search(["person:ada", "person:bob"], by)).toSorted()).toEqual(["a", "b"]);
    }
  });

  it("is behind, never ahead, when a write fails, and holds each record once when the cursor is not written", async () => {
    await scene.put(note("c", "charlie", { source: "c" }));
    const before = await loadIndexState(folder());
    const failing = {
      ...index,
      refresh: () => index.refresh(),
      get state() {
        return index.state;
      },
      table: (): IndexTable | undefined => {
        const opened = index.table();
        if (opened === undefined) return undefined;
        const table = new Proxy(opened.table, {
          get: (target, name, receiver) => {
            if (name === "mergeInsert") throw new Error("killed before the write");
            return Reflect.get(target, name, receiver) as unknown;
          },
        });
        return { ...opened, table };
      },
    };
    await expect(writerOver(failing).catchUp(signal)).rejects.toThrow("killed before");
    expect(await loadIndexState(folder())).toEqual(before);

    const unwritten = {
      ...failing,
      table: () => index.table(),
      commit: () => Promise.reject(new Error("killed after")),
    };
    await expect(writerOver(unwritten).catchUp(signal)).rejects.toThrow("killed after");
    expect(await loadIndexState(folder())).toEqual(before);
    expect(await ids()).toEqual(["a", "b", "c"]);
    await writerOver(index).catchUp(signal);
    expect(await ids()).toEqual(["a", "b", "c"]);
  });

  it("is filled anew when its first filling was cut off", async () => {
    const stopped = new AbortController();
    const other = createSearchIndex(join(scene.folder, "other"));
    await other.begin("make", undefined);
    expect((await loadIndexState(join(scene.folder, "other")))?.isFilling).toBe(true);
    await other.refresh();
    expect(other.table()).toBeUndefined();
    stopped.abort();
    await writerOver(other).rebuild(stopped.signal);
    await writerOver(other).catchUp(signal);
    expect(await other.table()?.table.countRows()).toBe(2);
    other.close();
  });
});
