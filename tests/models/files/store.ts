import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createModelFiles, type ModelFiles, type ModelFilesOptions } from "../../../src/models/files/index.ts";
import { classifyAddress } from "../../../src/safety/public-address.ts";
import { startFileServer, type FileServer } from "./file-server.ts";

export interface TestStore {
  readonly root: string;
  readonly server: FileServer;
  /** Waits that were asked for between tries, in ms. */
  readonly waits: number[];
  open(options?: Partial<ModelFilesOptions>): ModelFiles;
  /** Names of all files in a folder of the store. */
  list(folder: string): Promise<readonly string[]>;
  remove(): Promise<void>;
}

/** A model store in a folder of its own, with a server on this machine that plays Hugging Face. Nothing waits. */
export async function createTestStore(): Promise<TestStore> {
  const root = await mkdtemp(join(tmpdir(), "parlance-models-"));
  const server = await startFileServer();
  const waits: number[] = [];
  return {
    root,
    server,
    waits,
    open: (options = {}) =>
      createModelFiles({
        root,
        endpoint: server.url,
        allowedHosts: [server.host],
        classifyAddress,
        wait: async (ms) => void waits.push(ms),
        ...options,
      }),
    list: async (folder) =>
      (await readdir(join(root, folder), { recursive: true }).catch(() => [])).toSorted((a, b) => a.localeCompare(b)),
    async remove() {
      await server.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

export const untilEnd = new AbortController().signal;
