import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeQueue } from "../contracts/queue.ts";
import { forkWorker } from "./fork-worker.ts";
import { openQueue } from "./open-queue.ts";

let folder = "";
let path = "";
let files = 0;

describeQueue("SQLite", {
  start: async () => void (folder = await mkdtemp(join(tmpdir(), "parlance-queue-"))),
  stop: () => rm(folder, { recursive: true, force: true }),
  reset: async () => void (path = join(folder, `queue-${(files += 1)}.db`)),
  open: (times = {}) => openQueue({ kind: "sqlite", path }, times),
  startHolder: async (conversation, lockMs) => {
    const worker = forkWorker({
      spec: { kind: "sqlite", path },
      lockMs,
      name: "holder",
      logPath: join(folder, "holder.log"),
      handlerMs: -1,
    });
    await worker.seen(conversation);
    return worker;
  },
  propertyRuns: 40,
});
