import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { formatReference, formatSlug, parseReference } from "../../../src/models/files/reference.ts";
import { loadRegistry, parseRegistry, pickTarget } from "../../../src/models/files/registry.ts";

describe("references", () => {
  it.each([
    ["hf:Qwen/Qwen3-0.6B-GGUF:q8_0", "hf:Qwen/Qwen3-0.6B-GGUF:Q8_0"],
    ["hf:Qwen/Qwen3-0.6B-GGUF", "hf:Qwen/Qwen3-0.6B-GGUF"],
    ["hf:Qwen/Qwen3-0.6B-GGUF:latest", "hf:Qwen/Qwen3-0.6B-GGUF"],
    ["hf:o/r/sub/file.gguf#main", "hf:o/r/sub/file.gguf"],
    ["hf:o/r/file.gguf#refs/pr/1", "hf:o/r/file.gguf#refs/pr/1"],
    ["https://example.org/a/m.gguf?token=secret#x", "https://example.org/a/m.gguf"],
    ["./m.gguf", "./m.gguf"],
    ["/srv/models/m.gguf", "/srv/models/m.gguf"],
    ["Qwen3-0.6b", "qwen3-0.6b"],
  ])("%s is written %s", (text, written) => {
    expect(formatReference(parseReference(text))).toBe(written);
    expect(formatReference(parseReference(written))).toBe(written);
  });

  it.each([
    "",
    "hf:o",
    "hf:o/r:Q8_0:x",
    "hf:o/r/../../x.gguf",
    "hf:o/r/x.gguf#../../api",
    "hf:../r/x.gguf",
    "https://example.org/",
    "https://user:word@example.org/m.gguf",
    "two words",
  ])("%j is none", (text) => {
    expect(() => parseReference(text)).toThrow(expect.objectContaining({ code: "bad-input" }));
  });

  it("make file names that differ and stay in their folder", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(formatSlug(a)).toMatch(/^([a-z0-9_][a-z0-9._-]*)?-[0-9a-f]{8}$/);
        if (a !== b) expect(formatSlug(a)).not.toBe(formatSlug(b));
      }),
    );
    expect(formatSlug("hf:Qwen/Qwen3-0.6B-GGUF:Q8_0")).toMatch(/^qwen-qwen3-0\.6b-gguf-q8_0-/);
  });
});

describe("the registry", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "parlance-registry-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const path = (): string => join(folder, "registry.json");
  const builtIn = () => loadRegistry(path());

  it("has chat models, an embedder and a reranker built in, and a hash only with the revision it belongs to", async () => {
    const entries = await builtIn();
    expect(new Set(entries.map(({ kind }) => kind))).toEqual(new Set(["chat", "embedding", "reranker"]));
    const unpinned = entries.filter(
      ({ revision, files = [] }) =>
        !/^[0-9a-f]{40}$/.test(revision ?? "") && files.some(({ sha256 }) => sha256 !== undefined),
    );
    expect(unpinned).toEqual([]);
    for (const { kind, files = [] } of entries.filter((one) => one.kind !== "chat"))
      expect([kind, ...files.map(({ name }) => name)]).toEqual([kind, "model.onnx", "tokenizer.json", "config.json"]);
  });

  it("takes the user's entries over its own", async () => {
    const mine = { name: "qwen3-0.6b", reference: "https://mirror.example.org/mine.gguf", kind: "chat" };
    await writeFile(path(), JSON.stringify({ models: [mine] }));
    const entries = await builtIn();
    expect(pickTarget("qwen3-0.6b", entries).id).toBe(mine.reference);
    expect(pickTarget("qwen3-4b", entries).id).toBe("hf:Qwen/Qwen3-4B-GGUF:Q4_K_M");
  });

  it("says what is wrong with the user's file", () => {
    const entry = { name: "a", reference: "hf:o/r:Q8_0", kind: "chat" };
    const fault = (value: unknown): string => {
      try {
        parseRegistry(JSON.stringify(value), "mine.json");
        return "";
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(fault({ models: [entry] })).toBe("");
    expect(fault({ models: [{ ...entry, sha256: "x" }] })).toMatch(/mine\.json: models\.0/);
    expect(fault({ models: [{ ...entry, files: [{ name: "../x" }] }] })).toContain("without folders");
    expect(fault({ models: [{ ...entry, files: [{ name: "x", sha256: "beef" }] }] })).toContain("64 hexadecimal");
    expect(fault({ models: [{ ...entry, reference: "./x.gguf" }] })).toContain("must lead to");
    expect(() => parseRegistry("{", "mine.json")).toThrow("not JSON");
  });

  it("knows an entry by its name and by its reference, and names the nearest otherwise", async () => {
    const entries = await builtIn();
    expect(pickTarget("hf:qwen3/x:Q8_0", entries).entry).toBeUndefined();
    expect(pickTarget("hf:Qwen/Qwen3-0.6B-GGUF:q8_0", entries).entry?.name).toBe("qwen3-0.6b");
    expect(() => pickTarget("qwen3-0.7b", entries)).toThrow(
      expect.objectContaining({ code: "not-found", hint: 'Did you mean "qwen3-0.6b"?' }),
    );
  });
});
