import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Model } from "../../../src/core/model.ts";
import { createPrefixStore } from "../../../src/models/llama/prefixes.ts";
import { collect, lookupTool, textOf } from "../../contracts/model.ts";
import { tinyAnswer } from "../../doubles/tiny-gguf.ts";
import { createLlamaWorld, type LlamaWorld } from "./world.ts";

let world: LlamaWorld;
afterEach(() => world.close());

const letters = (length: number, seed = "a"): string => seed.repeat(length);

async function ask(model: Model, system: string, texts: readonly string[], withTools = false) {
  const events = await collect(model, {
    system,
    messages: texts.map((text, index) => ({
      role: index % 2 === 0 ? "user" : "assistant",
      content: [{ type: "text", text }],
    })),
    tools: withTools ? [lookupTool] : [],
  });
  const done = events.at(-1);
  if (done?.type !== "done") throw new Error(JSON.stringify(done));
  return { text: textOf(events), ...done.usage, readTokens: done.usage.inputTokens - done.usage.cachedTokens };
}

const saved = async (): Promise<readonly string[]> =>
  (await readdir(join(world.folder, "models", "prefixes")).catch((): string[] => [])).toSorted();

describe("what a local model need not read again", () => {
  it("is all but what is new: within a conversation, and of the same beginning in another", async () => {
    world = await createLlamaWorld();
    const model = await world.model();
    const system = letters(1_000);
    const first = await ask(model, system, ["ping"]);
    expect(first.cachedTokens).toBe(0);
    const second = await ask(model, system, ["ping", first.text, "and then?"]);
    expect(second.readTokens).toBeLessThan(60);
    const other = await ask(model, system, ["something else"]);
    expect(other.readTokens).toBeLessThan(60);
    const changed = await ask(model, `b${system}`, ["ping"]);
    expect(changed.cachedTokens).toBeLessThan(50);
  });

  it("is the system prompt with its tools after a restart, and nothing that a person said", async () => {
    world = await createLlamaWorld();
    const system = letters(1_000);
    const before = await ask(await world.model(), system, ["my secret is violet"], false);
    const [file, ...others] = await saved();
    expect(others).toEqual([]);
    await world.restart();
    const after = await ask(await world.model(), system, ["ping"]);
    expect(after.cachedTokens).toBeGreaterThan(1_000);
    expect(after.readTokens).toBeLessThan(40);
    expect([before.text, after.text]).toEqual([tinyAnswer, tinyAnswer]);
    // The file begins with what was read: letters are tokens.
    const bytes = await readFile(join(world.folder, "models", "prefixes", file ?? ""));
    const count = bytes.readUInt32LE(8);
    const tokens = Array.from({ length: count }, (_, index) => bytes.readUInt32LE(12 + 4 * index));
    expect(count).toBe(after.cachedTokens);
    expect(String.fromCodePoint(...tokens.filter((token) => token < 128))).not.toContain("violet");
  });

  it("may be a part of it: what changes at the end is read", async () => {
    world = await createLlamaWorld();
    await ask(await world.model(), `${letters(1_000)} Monday`, ["ping"]);
    await world.restart();
    const model = await world.model();
    const next = await ask(model, `${letters(1_000)} Tuesday`, ["ping"]);
    expect(next.cachedTokens).toBeGreaterThan(990);
    // Not worth another file.
    expect(await saved()).toHaveLength(1);
  });

  it("is read again, and goes on, when the file is damaged", async () => {
    world = await createLlamaWorld();
    await ask(await world.model(), letters(1_000), ["ping"]);
    const [file = ""] = await saved();
    const path = join(world.folder, "models", "prefixes", file);
    await writeFile(path, (await readFile(path)).subarray(0, 9_000));
    await world.restart();
    const after = await ask(await world.model(), letters(1_000), ["ping"]);
    expect(after).toMatchObject({ text: tinyAnswer, cachedTokens: 0 });
    expect((await stat(path)).size).toBeGreaterThan(9_000);
  });

  it("is not kept on disk for short prompts", async () => {
    world = await createLlamaWorld();
    await ask(await world.model(), "Short.", ["x".repeat(1_000)]);
    expect(await saved()).toEqual([]);
  });
});

describe("the files of beginnings", () => {
  const bytesOf = (tokens: readonly number[], size = 100): Buffer => {
    const bytes = Buffer.alloc(12 + tokens.length * 4 + size);
    bytes.writeUInt32LE(0x67677371, 0);
    bytes.writeUInt32LE(tokens.length, 8);
    for (const [index, token] of tokens.entries()) bytes.writeInt32LE(token, 12 + index * 4);
    return bytes;
  };

  it("are bounded in number and size, and belong to one model", async () => {
    world = await createLlamaWorld();
    const settings = { folder: join(world.folder, "models", "prefixes"), maxFiles: 3, maxBytes: 2_000, minTokens: 1 };
    const store = createPrefixStore(settings, "one");
    for (let index = 0; index < 5; index += 1)
      await store.save([index, 1, 2], (path) => writeFile(path, bytesOf([index, 1, 2])));
    expect(await saved()).toHaveLength(3);
    await store.save([9, 9], (path) => writeFile(path, bytesOf([9, 9], 1_900)));
    expect(await saved()).toHaveLength(1);
    expect(await store.find([9, 9, 1])).toMatchObject({ tokens: 2 });
    expect(await store.find([9, 1])).toMatchObject({ tokens: 1 });
    expect(await createPrefixStore(settings, "two").find([9, 9])).toBeUndefined();
  });

  it("are there as a whole or not at all, and are never tried twice when they break something", async () => {
    world = await createLlamaWorld();
    const settings = { folder: join(world.folder, "models", "prefixes"), maxFiles: 3, maxBytes: 2_000, minTokens: 1 };
    const store = createPrefixStore(settings, "one");
    await expect(
      store.save([1], async (path) => {
        await writeFile(path, "half");
        throw new Error("The disk is full.");
      }),
    ).rejects.toThrow("full");
    expect(await saved()).toEqual([]);
    await store.save([1, 2], (path) => writeFile(path, bytesOf([1, 2])));
    const found = await store.find([1, 2]);
    if (found === undefined) throw new Error("not found");
    // As if the process had died in the middle: nobody finds it meanwhile.
    await store.use(found, async () => {
      expect(await store.find([1, 2])).toBeUndefined();
    });
    expect(await store.use(found, () => Promise.reject(new Error("bad state")))).toBe(false);
    expect(await saved()).toEqual([]);
  });
});
