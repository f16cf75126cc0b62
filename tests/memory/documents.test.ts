import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AppError } from "../../src/core/errors.ts";
import type { ReadDocument } from "../../src/core/document.ts";
import { chunkDocument } from "../../src/memory/chunk.ts";
import { addDocuments } from "../../src/memory/documents.ts";
import { openScene, type MemoryScene } from "./scene.ts";

const signal = new AbortController().signal;

describe("chunks of a document", () => {
  it("are cut at headings and name where they stand", () => {
    const text = "Preamble.\n# Holidays\nThirty days a year.\n\nAsk early.\n## Illness\n\nCall by nine.";
    expect(chunkDocument({ pages: [{ label: "Text", text }] })).toEqual([
      { text: "Preamble.", place: "" },
      { text: "Holidays\nThirty days a year.\n\nAsk early.", place: "Holidays" },
      { text: "Illness\nCall by nine.", place: "Illness" },
    ]);
    const pages = ["One.", "Two."].map((page, index) => ({ label: `Page ${index + 1}`, text: page }));
    expect(chunkDocument({ pages }).map(({ place }) => place)).toEqual(["Page 1", "Page 2"]);
  });

  it("hold all of the text in pieces of bounded length", () => {
    const words = Array.from({ length: 5_000 }, (_, index) => `word${index}${index % 9 === 0 ? "." : ""}`);
    for (const text of [words.join(" "), words.join("\n"), words.join("\n\n"), words.join("")]) {
      const chunks = chunkDocument({ pages: [{ label: "Text", text }] });
      expect(Math.max(...chunks.map((chunk) => chunk.text.length))).toBeLessThanOrEqual(1_400);
      expect(
        chunks
          .map((chunk) => chunk.text)
          .join("")
          .replaceAll(/\s/g, ""),
      ).toBe(text.replaceAll(/\s/g, ""));
    }
    const [first] = chunkDocument({ pages: [{ label: "Text", text: "😀".repeat(3_000) }] });
    expect(first?.text.isWellFormed()).toBe(true);
  });
});

describe("a folder of documents", () => {
  let scene: MemoryScene;
  let folder = "";
  const read: string[] = [];
  const readDocument: ReadDocument = async (bytes, _type, name) => {
    read.push(name);
    if (name === "broken.pdf") throw new AppError("unsupported", "It is damaged.");
    return { pages: [{ label: "Page 1", text: new TextDecoder().decode(bytes) }], isCut: false };
  };
  const add = (path = folder) =>
    addDocuments({ store: scene.store, readDocument, cleanText: (text) => text.trim() }, path, "team", signal);

  beforeEach(async () => {
    scene = await openScene();
    folder = join(scene.folder, "docs");
    read.length = 0;
    await mkdir(join(folder, "more"), { recursive: true });
    await mkdir(join(folder, ".git"));
    await writeFile(join(folder, "handbook.md"), "Kraken season begins in May.");
    await writeFile(join(folder, "more", "rules.txt"), "No swimming.");
    await writeFile(join(folder, ".git", "hidden.md"), "hidden");
    await writeFile(join(folder, "picture.png"), "x");
  });
  afterEach(() => scene.close());

  it("is recalled with its places, once, and follows changes and deletions", async () => {
    expect(await add()).toEqual({ added: 2, unchanged: 0, removed: 0, chunks: 2, failed: [] });
    const [found] = (await scene.memory.recall("kraken season", ["team"], 5)).items;
    expect(found?.record).toMatchObject({ place: "handbook.md, Page 1", isOutside: true, layer: "assets" });
    expect(await add()).toMatchObject({ added: 0, unchanged: 2, removed: 0 });
    expect(read).toHaveLength(2);

    await writeFile(join(folder, "handbook.md"), "Kraken season begins in June.");
    await rm(join(folder, "more", "rules.txt"));
    expect(await add()).toMatchObject({ added: 1, unchanged: 0, removed: 1 });
    const texts = (await scene.store.memories.newest("all", { now: 0, limit: 10 })).map(({ text }) => text);
    expect(texts).toEqual(["Kraken season begins in June."]);
  });

  it("says which files could not be read, and takes the others", async () => {
    await writeFile(join(folder, "broken.pdf"), "x");
    await writeFile(join(folder, "empty.txt"), "");
    const { added, failed } = await add();
    expect(added).toBe(2);
    expect(failed.map(({ name }) => name)).toEqual(["broken.pdf", "empty.txt"]);
    await expect(add(join(folder, "none"))).rejects.toMatchObject({ code: "not-found" });
  });

  it("removes nothing of another folder, and takes a single file, too", async () => {
    const beside = `${folder}-beside`;
    await mkdir(beside);
    await writeFile(join(beside, "a.md"), "Beside.");
    await add(beside);
    await add();
    expect(await add(join(folder, "handbook.md"))).toMatchObject({ unchanged: 1, removed: 0 });
    expect((await scene.store.memories.counts()).byLayer.assets).toBe(3);
  });
});
