/* Writes and indexes records until it is killed: node kill-child.ts FOLDER RUN. Prints how many are stored. */
import { createMemory } from "../../src/memory/index.ts";
import { createStore, openDatabase } from "../../src/store/index.ts";
import { note } from "./scene.ts";

const [folder = "", run = "0"] = process.argv.slice(2);
const store = await createStore(await openDatabase(`${folder}/store.db`));
const memory = createMemory({
  folder: `${folder}/memory`,
  store: store.memories,
  takeLease: async () => true,
  now: Date.now,
});
for (let batch = 0; ; batch += 1) {
  const records = Array.from({ length: 20 }, (_, index) => {
    const id = `r${run}-${batch}-${index}`;
    return note(id, `shared words ${id}`, { at: batch * 20 + index, source: `s${run}` });
  });
  await store.write((transaction) => transaction.putMemories(records));
  process.stdout.write(`${(batch + 1) * 20}\n`);
  await memory.catchUp(new AbortController().signal);
}
