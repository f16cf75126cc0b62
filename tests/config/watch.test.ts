import { mkdtemp, rename, rm, symlink, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type LoadedConfig, loadConfig } from "../../config/load.ts";
import { watchConfig } from "../../config/watch.ts";
import type { AppError } from "../../src/core/errors.ts";
import { createFakePlatforms } from "./fake-platforms.ts";

let folder: string;
let path: string;
let stop: AbortController;
let changes: LoadedConfig[];
let invalid: AppError[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "parlance-watch-"));
  path = join(folder, "parlance.yaml");
  stop = new AbortController();
  changes = [];
  invalid = [];
  await writeFile(path, "owner: { name: Ada }\n");
});

afterEach(async () => {
  stop.abort();
  await rm(folder, { recursive: true, force: true });
});

const platforms = createFakePlatforms();

async function watch(): Promise<void> {
  await watchConfig(path, {
    load: () => loadConfig({ configPath: path, env: {}, platforms }),
    onChange: (loaded) => changes.push(loaded),
    onInvalid: (error) => invalid.push(error),
    signal: stop.signal,
    debounceMs: 30,
  });
}

const names = (): string[] => changes.map(({ config }) => config.owner.name);
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 250));

describe("a watched configuration", () => {
  it("is told when saved in place, and once for a burst of writes", async () => {
    await watch();
    for (const name of ["A", "B", "Grace"]) await writeFile(path, `owner: { name: ${name} }\n`);
    await vi.waitFor(() => expect(names()).toEqual(["Grace"]));
    await pause();
    expect(names()).toEqual(["Grace"]);
  });

  it("is told when an editor replaces the file, twice in a row", async () => {
    await watch();
    for (const name of ["Grace", "Linus"]) {
      await writeFile(`${path}.new`, `owner: { name: ${name} }\n`);
      await rename(`${path}.new`, path);
      await vi.waitFor(() => expect(names().at(-1)).toBe(name));
    }
    expect(names()).toEqual(["Grace", "Linus"]);
  });

  it("is told when a mounted folder is switched by its link", async () => {
    await writeFile(join(folder, "one"), "owner: { name: One }\n");
    await writeFile(join(folder, "two"), "owner: { name: Two }\n");
    await symlink("one", join(folder, "..data"));
    await unlink(path);
    await symlink("..data", path);
    await watch();
    await symlink("two", join(folder, "..next"));
    await rename(join(folder, "..next"), join(folder, "..data"));
    await vi.waitFor(() => expect(names()).toEqual(["Two"]));
  });

  it("keeps the last good one when the new one is bad or gone, and takes the mended one", async () => {
    await watch();
    await writeFile(path, "owner: { nmae: Ada }\n");
    await vi.waitFor(() => expect(invalid).toHaveLength(1));
    expect(invalid[0]?.message).toContain('1:10  owner.nmae is not a known key. Did you mean "name"?');
    await unlink(path);
    await vi.waitFor(() => expect(invalid).toHaveLength(2));
    expect(invalid[1]?.message).toContain("is gone");
    expect(changes).toEqual([]);
    await writeFile(path, "owner: { name: Grace }\n");
    await vi.waitFor(() => expect(names()).toEqual(["Grace"]));
  });

  it("is silent when the content is the same, when others write beside it, and after the signal", async () => {
    await watch();
    await writeFile(path, "owner: { name: Ada }\n");
    await writeFile(join(folder, "other.db"), "x");
    await pause();
    stop.abort();
    await writeFile(path, "owner: { name: Grace }\n");
    await pause();
    expect([changes, invalid]).toEqual([[], []]);
  });
});
