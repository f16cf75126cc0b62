import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createHashEmbedder, note, openScene, type MemoryScene } from "./scene.ts";

const signal = new AbortController().signal;

describe("memory", () => {
  let scene: MemoryScene;
  beforeEach(async () => void (scene = await openScene()));
  afterEach(() => scene.close());

  it("finds a record the moment it is stored, before and after it is in the index", async () => {
    await scene.put(
      note("kraken", "The kraken is released in May"),
      note("tea", "Green tea at four", { source: "tea" }),
    );
    expect(await scene.find("when is the kraken released")).toEqual(["kraken"]);
    await scene.memory.catchUp(signal);
    expect(await scene.find("when is the kraken released")).toEqual(["kraken"]);
    await scene.put(note("fresh", "The kraken sleeps in June"));
    expect(new Set(await scene.find("kraken"))).toEqual(new Set(["kraken", "fresh"]));
    expect((await scene.memory.stats())?.rows).toBe(2);
  });

  it("finds the new text of a changed record and not the old one", async () => {
    await scene.put(note("a", "The meeting is in Oslo"));
    await scene.memory.catchUp(signal);
    await scene.put(note("a", "The meeting is in Rome"));
    for (const isIndexed of [false, true]) {
      if (isIndexed) await scene.memory.catchUp(signal);
      expect(await scene.find("Oslo")).toEqual([]);
      expect(await scene.find("Rome")).toEqual(["a"]);
    }
  });

  it("forgets at once, in the windows of what follows, too", async () => {
    await scene.put(
      note("a", "The password is swordfish", { at: 1 }),
      note("b", "Thanks", { at: 2 }),
      note("c", "Bye", { at: 3 }),
    );
    await scene.memory.catchUp(signal);
    expect((await scene.find("swordfish"))[0]).toBe("a");
    await scene.forget("a");
    expect(await scene.find("swordfish")).toEqual([]);
    await scene.memory.catchUp(signal);
    expect(await scene.find("swordfish")).toEqual([]);
    const other = scene.another();
    expect((await other.recall("swordfish", "all", 10)).items).toEqual([]);
    expect((await scene.memory.stats())?.rows).toBe(2);
  });

  it("shows other processes what is stored, whether the writer has indexed it or not", async () => {
    const reader = scene.another();
    const find = async (text: string) => (await reader.recall(text, "all", 5)).items.map(({ record }) => record.id);
    await scene.put(note("one", "alpha bravo"));
    expect(await find("bravo")).toEqual(["one"]);
    await scene.memory.catchUp(signal);
    await scene.put(note("two", "charlie bravo"));
    expect(new Set(await find("bravo"))).toEqual(new Set(["one", "two"]));
    await scene.memory.rebuild(signal);
    expect(new Set(await find("bravo"))).toEqual(new Set(["one", "two"]));
    expect(await reader.catchUp(signal)).toBe(false);
    await expect(reader.rebuild(signal)).rejects.toMatchObject({ code: "conflict" });
  });

  it("makes a lost index anew by itself", async () => {
    await scene.put(note("one", "alpha bravo"));
    await scene.memory.catchUp(signal);
    await scene.memory.close();
    await rm(join(scene.folder, "memory"), { recursive: true });
    const next = scene.another({ hasLease: true });
    expect((await next.recall("bravo", "all", 5)).items).toHaveLength(1);
    await next.catchUp(signal);
    expect((await next.stats())?.rows).toBe(1);
  });

  it("is empty and loads nothing where nothing is remembered", async () => {
    expect(await scene.find("anything")).toEqual([]);
    expect(await scene.memory.recallForTurn({ text: "anything", scopes: "all", maxTokens: 100 })).toBeUndefined();
    await scene.memory.tick(signal);
    expect(await scene.memory.stats()).toBeUndefined();
  });

  it("says nothing to what asks for nothing it knows", async () => {
    await scene.put(note("kraken", "The kraken is released in May"));
    const recall = (text: string) => scene.memory.recallForTurn({ text, scopes: "all", maxTokens: 300 });
    for (const text of ["ping", "hello there", "what is the capital of France?", "thanks, see you in May"])
      expect(await recall(text)).toBeUndefined();
    expect((await recall("When will the kraken be released?"))?.items).toHaveLength(1);
  });

  it("keeps to its budget, leaves out what is shown anyway, and says what came from outside", async () => {
    const many = Array.from({ length: 40 }, (_, index) =>
      note(`n${index}`, `The kraken number ${index} is released on day ${index} ${"x".repeat(index * 20)}`, {
        at: index,
        source: index % 2 === 0 ? "room" : `s${index}`,
        isOutside: index === 7,
      }),
    );
    await scene.put(...many);
    const recall = (maxTokens: number, since?: number) =>
      scene.memory.recallForTurn({
        text: "when is the kraken number released?",
        scopes: "all",
        maxTokens,
        ...(since === undefined ? {} : { shown: { source: "room", since } }),
      });
    const small = await recall(100);
    expect(small?.text.length).toBeLessThanOrEqual(350);
    expect(small?.items.length).toBeGreaterThan(0);
    const unseen = await recall(2_000, 0);
    expect(unseen?.items.every(({ record }) => record.source !== "room")).toBe(true);
    expect(unseen?.isOutside).toBe(unseen?.items.some(({ record }) => record.isOutside));
    await scene.memory.tick(signal);
    const [used] = await scene.store.memories.load([small?.items[0]?.record.id ?? ""], {
      scopes: "all",
      now: 0,
      before: 0,
      after: 0,
    });
    expect(used?.record.accessCount).toBeGreaterThan(0);
  });
});

describe("memory with an embedder", () => {
  it("finds by meaning what no word names, once embedded, and embeds each text once", async () => {
    const embedder = createHashEmbedder();
    const scene = await openScene({ embedder });
    try {
      await scene.put(note("a", "alpha bravo charlie", { at: 1 }), note("b", "delta echo foxtrot", { at: 2 }));
      await scene.memory.tick(signal);
      expect(embedder.texts.toSorted()).toEqual(["alpha bravo charlie", "delta echo foxtrot"]);
      const found = await scene.memory.recall("bravo", "all", 5);
      expect(found.items[0]).toMatchObject({ record: { id: "a" } });
      expect(found.items[0]?.reason).toContain("near in meaning");
      // What follows a new record is indexed again, not embedded again.
      await scene.put(note("between", "golf hotel", { at: 1 }));
      scene.clock.advance(11_000);
      await scene.memory.tick(signal);
      scene.clock.advance(11_000);
      await scene.memory.tick(signal);
      await scene.memory.rebuild(signal);
      await scene.memory.tick(signal);
      expect(embedder.texts.toSorted()).toEqual(["alpha bravo charlie", "delta echo foxtrot", "golf hotel"]);
    } finally {
      await scene.close();
    }
  });

  it("goes on by words where the embedder fails, and says so", async () => {
    const working = createHashEmbedder();
    const scene = await openScene({ embedder: working });
    try {
      await scene.put(note("a", "alpha bravo"));
      await scene.memory.catchUp(signal);
      const { AppError } = await import("../../src/core/errors.ts");
      const broken = scene.another({
        embedder: { ...working, embed: async () => Promise.reject(new AppError("model-failed", "No model.")) },
      });
      const found = await broken.recall("bravo", "all", 5);
      expect(found.items.map(({ record }) => record.id)).toEqual(["a"]);
      expect(found.trouble?.code).toBe("model-failed");
    } finally {
      await scene.close();
    }
  });

  it("makes the index anew for another embedder", async () => {
    const scene = await openScene();
    try {
      await scene.put(note("a", "alpha bravo"));
      await scene.memory.catchUp(signal);
      const embedder = createHashEmbedder();
      const other = scene.another({ hasLease: true, embedder });
      await other.tick(signal);
      scene.clock.advance(11_000);
      await other.tick(signal);
      expect(embedder.texts).toEqual(["alpha bravo"]);
    } finally {
      await scene.close();
    }
  });
});
