import { link, mkdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createContent, sha256Of } from "./file-server.ts";
import { createTestStore, untilEnd, type TestStore } from "./store.ts";

let store: TestStore;
beforeEach(async () => {
  store = await createTestStore();
});
afterEach(() => store.remove());

const week = 7 * 86_400_000;

async function pull(name: string, content: Buffer): Promise<string> {
  store.server.put(`/o/r/resolve/main/${name}`, content);
  await store.open().pull(`hf:o/r/${name}`, { signal: untilEnd });
  return `hf:o/r/${name}`;
}

describe("finding a model", () => {
  it("notes when it was used, and offers the chat model used last", async () => {
    expect(await store.open().findChatModel()).toBeUndefined();
    const [one, two] = [await pull("one.gguf", createContent(10)), await pull("two.gguf", createContent(20))];
    await pull("embedding.gguf", createContent(30));
    const at = Date.now() + 60_000;
    await store.open({ now: () => at }).resolveFile(one, untilEnd);
    const installed = await store.open().installed();
    expect(installed.map(({ reference, usedAt }) => [reference, usedAt])).toEqual([
      ["hf:o/r/embedding.gguf", undefined],
      [one, at],
      [two, undefined],
    ]);
    expect(await store.open().findChatModel()).toBe(one);
    await store.open({ now: () => at + 1000 }).resolveFile(two, untilEnd);
    expect(await store.open().findChatModel()).toBe(two);
  });

  it("never downloads: it says how to get what is not there", async () => {
    await expect(store.open().resolveFile("hf:Qwen/Qwen3-0.6B-GGUF:Q8_0", untilEnd)).rejects.toMatchObject({
      code: "not-found",
      hint: "Run: parlance models pull qwen3-0.6b",
    });
    await expect(store.open().resolveFolder("hf:o/r/x.gguf", untilEnd)).rejects.toMatchObject({
      hint: "Run: parlance models pull hf:o/r/x.gguf",
    });
    expect(store.server.requests).toEqual([]);
  });

  it("takes a plain file where it lies", async () => {
    const path = join(store.root, "mine.gguf");
    await expect(store.open().resolveFile(path, untilEnd)).rejects.toMatchObject({ code: "not-found" });
    await writeFile(path, "x");
    expect(await store.open().resolveFile(path, untilEnd)).toBe(path);
    expect(await store.open().resolveFolder(store.root, untilEnd)).toBe(store.root);
  });

  it("does not take a model for installed whose file was cut off or removed, and mends it by a pull", async () => {
    const content = createContent(5_000);
    const reference = await pull("m.gguf", content);
    const path = await store.open().resolveFile(reference, untilEnd);
    await writeFile(path, content.subarray(0, 100));
    await expect(store.open().resolveFile(reference, untilEnd)).rejects.toMatchObject({ code: "not-found" });
    await store.open().pull(reference, { signal: untilEnd });
    await rm(path);
    await store.open().pull(reference, { signal: untilEnd });
    expect(await readFile(await store.open().resolveFile(reference, untilEnd))).toEqual(content);
  });
});

describe("a process killed between the contents and the reference", () => {
  it("has fetched them for the next one, and leaves no waste behind it", async () => {
    const content = createContent(40_000);
    const reference = await pull("m.gguf", content);
    const [installed] = await store.open().installed();
    const { slug = "" } = installed ?? {};
    // As it lies there at that moment: part with notes, blob, half a folder of names, no reference.
    const etag = `"${sha256Of(content).slice(0, 16)}"`;
    const part = join(store.root, "parts", slug, "m.gguf.part");
    await mkdir(join(store.root, "parts", slug), { recursive: true });
    await link(join(store.root, "files", slug, "m.gguf"), part);
    await writeFile(`${part}.json`, JSON.stringify({ etag, total: content.length }));
    await rename(join(store.root, "files", slug), join(store.root, "files", `${slug}.new`));
    await rm(join(store.root, "references"), { recursive: true });

    await store.open().pull(reference, { signal: untilEnd });
    expect(store.server.requests.map(({ sentBytes }) => sentBytes)).toEqual([content.length, 0]);
    expect(await readFile(await store.open().resolveFile(reference, untilEnd))).toEqual(content);
    expect(await store.open().findWaste(untilEnd)).toEqual([]);
    expect(await store.list("parts")).toEqual([]);
  });
});

describe("checking", () => {
  it("finds a flipped bit and a missing file, and a pull mends both", async () => {
    const content = createContent(5_000);
    const [one, two] = [await pull("one.gguf", content), await pull("two.gguf", createContent(6_000, 4))];
    const states = async () => (await store.open().check(undefined, untilEnd)).map(({ state }) => state);
    expect(await states()).toEqual(["intact", "intact"]);
    const changed = Buffer.from(content);
    changed[77] = (changed[77] ?? 0) ^ 4;
    await writeFile(await store.open().resolveFile(one, untilEnd), changed);
    await rm(await store.open().resolveFile(two, untilEnd));
    expect(await states()).toEqual(["changed", "missing"]);
    expect(await store.open().check(one, untilEnd)).toMatchObject([{ reference: one, state: "changed" }]);
    await store.open().pull(one, { signal: untilEnd, again: true });
    await store.open().pull(two, { signal: untilEnd });
    expect(await states()).toEqual(["intact", "intact"]);
  });
});

describe("the same content", () => {
  it("lies there once, and goes with the last model that needs it", async () => {
    const content = createContent(8_000);
    const one = await pull("one.gguf", content);
    const two = await pull("two.gguf", content);
    const inode = async (reference: string) => (await stat(await store.open().resolveFile(reference, untilEnd))).ino;
    expect(await inode(one)).toBe(await inode(two));
    expect(await store.open().remove(one, untilEnd)).toBe(0);
    expect(await store.list("blobs")).toEqual([`sha256-${sha256Of(content)}`]);
    expect(await readFile(await store.open().resolveFile(two, untilEnd))).toEqual(content);
    expect(await store.open().remove(two, untilEnd)).toBe(content.length);
    expect([await store.list("blobs"), await store.list("files"), await store.list("references")]).toEqual([
      [],
      [],
      [],
    ]);
    await expect(store.open().remove(two, untilEnd)).rejects.toMatchObject({ code: "not-found" });
  });
});

describe("clearing up", () => {
  it("removes contents without a model and parts older than 7 days, and nothing else", async () => {
    const kept = await pull("kept.gguf", createContent(1_000));
    await writeFile(join(store.root, "blobs", `sha256-${"0".repeat(64)}`), "orphan");
    const parts = async (name: string, ageMs: number): Promise<void> => {
      store.server.spoil(
        `/o/r/resolve/main/${name}`,
        ...Array.from({ length: 6 }, () => ({ kind: "cut", afterBytes: 500 }) as const),
      );
      store.server.put(`/o/r/resolve/main/${name}`, createContent(10_000));
      await expect(store.open().pull(`hf:o/r/${name}`, { signal: untilEnd })).rejects.toMatchObject({
        code: "unreachable",
      });
      const at = (Date.now() - ageMs) / 1000;
      for (const each of (await store.list("parts")).filter((path) => path.includes(`r-${name}`)))
        await utimes(join(store.root, "parts", each), at, at);
    };
    await parts("old.gguf", week + 60_000);
    await parts("new.gguf", week - 60_000);
    const waste = await store.open().findWaste(untilEnd);
    expect(waste.map(({ kind, bytes }) => [kind, bytes > 0])).toEqual([
      ["content", true],
      ["part", true],
    ]);
    expect(await store.open().removeWaste(untilEnd)).toEqual(waste);
    expect(await store.open().findWaste(untilEnd)).toEqual([]);
    expect((await store.list("parts")).filter((name) => name.endsWith(".part"))).toEqual([
      expect.stringContaining("new.gguf.part"),
    ]);
    expect(await readFile(await store.open().resolveFile(kept, untilEnd))).toEqual(createContent(1_000));
  });

  it("removes nothing while it cannot tell what is needed", async () => {
    const reference = await pull("kept.gguf", createContent(1_000));
    const name = (await store.list("references")).find((each) => each.endsWith(".json"));
    await writeFile(join(store.root, "references", name ?? ""), "{ torn");
    await expect(store.open().removeWaste(untilEnd)).rejects.toMatchObject({ code: "store-failed" });
    expect(await store.list("blobs")).toHaveLength(1);
    await store.open().pull(reference, { signal: untilEnd });
    expect(await store.open().findWaste(untilEnd)).toEqual([]);
  });
});
