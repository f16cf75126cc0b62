import { afterEach, expect, it, vi } from "vitest";
import { addDocumentsFrom } from "../../src/cli/memory/add.ts";
import { searchMemories } from "../../src/cli/memory/search.ts";
import { AppError } from "../../src/core/errors.ts";
import type { CommandMemory } from "../../src/open-memory.ts";

const missing = new AppError("package-missing", 'The package "index" is not installed.', {
  hint: "Run: npm install index",
});
const open = (trouble: Error) =>
  ({
    addDocuments: async () => ({ added: 1, chunks: 2, unchanged: 0, removed: 0, failed: [] }),
    catchUp: () => Promise.reject(trouble),
    memory: { recall: async () => ({ items: [] }) },
  }) as unknown as CommandMemory;

afterEach(() => vi.restoreAllMocks());
function listen() {
  const said = { out: "", err: "" };
  vi.spyOn(process.stdout, "write").mockImplementation((text) => ((said.out += String(text)), true));
  vi.spyOn(process.stderr, "write").mockImplementation((text) => ((said.err += String(text)), true));
  return said;
}

it("says what was kept, and what to install, where the package of the index is not there", async () => {
  const said = listen();
  expect(await addDocumentsFrom(open(missing), "docs", "all", false)).toBe(1);
  expect(said.out).toContain("1 document taken in (2 pieces)");
  expect(said.err).toContain("is kept");
  expect(said.err).toContain("npm install index");
  expect(await searchMemories(open(missing), ["words"], { limit: 5, scopes: "all", isJson: false })).toBe(0);
  expect(said.out).toContain("Nothing was found.");
  expect(said.err.match(/npm install index/g)).toHaveLength(2);
});

it("does not hide any other trouble", async () => {
  listen();
  const other = new AppError("store-failed", "The disk is full.");
  await expect(addDocumentsFrom(open(other), "docs", "all", false)).rejects.toBe(other);
  await expect(searchMemories(open(other), ["words"], { limit: 5, scopes: "all", isJson: false })).rejects.toBe(other);
});
