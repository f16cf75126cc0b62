import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createStore, openDatabase } from "../../src/store/index.ts";
import { describeStore } from "../contracts/store.ts";

let folder = "";
let path = "";
let files = 0;

describeStore("SQLite", {
  start: async () => void (folder = await mkdtemp(join(tmpdir(), "parlance-store-"))),
  stop: () => rm(folder, { recursive: true, force: true }),
  reset: async () => void (path = join(folder, `store-${(files += 1)}.db`)),
  open: async (now) => createStore(await openDatabase(path), { now }),
  propertyRuns: 60,
});
