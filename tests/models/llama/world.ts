import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AliasConfig } from "../../../src/models/alias.ts";
import type { Model } from "../../../src/core/model.ts";
import { createLocalEngine, type LocalEngine, type LocalEngineDeps } from "../../../src/models/llama/index.ts";
import { writeTinyGguf, type TinyGgufOptions } from "../../doubles/tiny-gguf.ts";

/** An engine over a folder of its own with tiny model files, on one thread. */
export interface LlamaWorld {
  readonly folder: string;
  readonly engine: LocalEngine;
  /** Writes the file when it is not there yet. */
  model(file?: string, alias?: Partial<AliasConfig>, options?: TinyGgufOptions): Promise<Model>;
  /** Another engine over the same folder, as after a restart. */
  restart(deps?: Partial<LocalEngineDeps>): Promise<void>;
  close(): Promise<void>;
}

export async function createLlamaWorld(deps: Partial<LocalEngineDeps> = {}): Promise<LlamaWorld> {
  const folder = await mkdtemp(join(tmpdir(), "parlance-llama-"));
  const written = new Set<string>();
  const start = (more: Partial<LocalEngineDeps>): LocalEngine =>
    createLocalEngine({
      dataFolder: folder,
      resolveFile: (model) => Promise.resolve(join(folder, model)),
      threads: 1,
      gpu: false,
      ...deps,
      ...more,
    });
  let engine = start({});
  return {
    folder,
    get engine() {
      return engine;
    },
    async model(file = "tiny.gguf", alias = {}, options = {}) {
      if (!written.has(file)) await writeTinyGguf(join(folder, file), options);
      written.add(file);
      return engine.createModel(file, { provider: "llama", model: file, temperature: 0, ...alias });
    },
    async restart(more = {}) {
      await engine.close();
      engine = start(more);
    },
    async close() {
      await engine.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
