/* Works on runs until it is killed: node worker.ts FOLDER DATABASE REDIS. Says "ready" when it does. */
import { parseRunConversation } from "../../../src/core/workflow-run.ts";
import { openLoadScene } from "./scene.ts";

const sweepMs = 1_000;
const [folder = "", place = "", redisUrl = ""] = process.argv.slice(2);
const { scene, queue } = await openLoadScene(folder, place, redisUrl);
const { signal } = new AbortController();
const run = (conversation: string) => scene.runner.runConversation(conversation, signal);

queue.work(run, { concurrency: 16 });
let isSweeping = false;
setInterval(() => {
  if (isSweeping) return;
  isSweeping = true;
  sweep()
    .catch(() => undefined) // the database is busy: next time
    .finally(() => (isSweeping = false));
}, sweepMs);
process.stdout.write("ready\n");

/** As housekeeping does it: what no bell rang for is worked off here. */
async function sweep(): Promise<void> {
  const forgotten = await scene.store.forgottenConversations(Date.now(), Date.now() - 5_000, 500);
  const due = forgotten.filter((conversation) => parseRunConversation(conversation) !== undefined);
  for (const conversation of due) await run(conversation);
}
