import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFileStore, sniffType } from "../../src/store/files.ts";

let folder = "";
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "parlance-files-"))));
afterEach(() => rm(folder, { recursive: true }));

async function* stream(...chunks: readonly (string | Uint8Array)[]) {
  for (const chunk of chunks) yield Buffer.from(chunk);
}
const create = (maxBytes = 1_000_000) => createFileStore(folder, { maxBytes: () => maxBytes });
const read = async (source: AsyncIterable<Uint8Array>) => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};

describe("the file store", () => {
  it("keeps the same bytes once, under a name of its own, and gives them back", async () => {
    const files = create();
    const first = await files.save(stream("a", "b"), { name: "../../etc/passwd\u202e\u0000" });
    const second = await files.save(stream("ab"), { name: ".." });
    expect(first.path).toMatch(/^files\/[0-9a-f]{64}$/);
    expect(second.path).toBe(first.path);
    expect(first.name).not.toMatch(/[/\u0000\u202e]/);
    expect(second.name).toBe("file");
    expect(await read(files.open(first))).toBe("ab");
    expect(await readdir(join(folder, "files"))).toHaveLength(1);
  });

  it("stops reading at the limit, and keeps nothing of what failed", async () => {
    let pulled = 0;
    async function* endless() {
      for (;;) {
        pulled += 1;
        yield Buffer.alloc(10_000);
      }
    }
    await expect(create(50_000).save(endless(), { name: "a" })).rejects.toMatchObject({ code: "too-large" });
    expect(pulled).toBeLessThan(50);
    async function* broken() {
      yield Buffer.from("a");
      throw new Error("gone");
    }
    await expect(create().save(broken(), { name: "a" })).rejects.toThrow("gone");
    expect(await readdir(join(folder, "files"))).toEqual([]);
  });

  it("opens nothing but what it keeps", async () => {
    const files = create();
    const kept = await files.save(stream("a"), { name: "a" });
    for (const path of ["../x", "files/../../x", "/etc/passwd", `${kept.path}/x`, "files/x", ""])
      expect(() => files.open({ ...kept, path }), path).toThrow("no such file");
    const gone = { ...kept, path: `files/${"0".repeat(64)}` };
    await expect(read(files.open(gone))).rejects.toMatchObject({ code: "not-found" });
  });

  it("goes by the bytes, not by what the sender says", () => {
    const png = Buffer.from("89504e470d0a1a0a00", "hex");
    expect(sniffType(png, "text/html")).toBe("image/png");
    expect(sniffType(Buffer.from("<script>"), "image/png")).toBe("text/plain");
    expect(sniffType(Buffer.from([0, 1]), undefined)).toBe("application/octet-stream");
    expect(sniffType(Buffer.from("a,b"), "text/csv; charset=x")).toBe("text/csv");
    expect(sniffType(Buffer.from("x"), "bad type\r\nx: y")).toBe("text/plain");
    const zip = Buffer.from("504b0304", "hex");
    expect(sniffType(zip, "application/vnd.ms-excel")).toBe("application/vnd.ms-excel");
    expect(sniffType(zip, "text/plain")).toBe("application/zip");
    expect(sniffType(Buffer.alloc(0), undefined)).toBe("text/plain");
  });
});
