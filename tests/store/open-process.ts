import { createStore, openDatabase } from "../../src/store/index.ts";

/* Opens the store whose path it is given, together with others at the same time, and writes audited rows to it. */
const [path = "", name = "", count = "0"] = process.argv.slice(2);
await new Promise((resolve) => process.once("message", resolve));
const store = await createStore(await openDatabase(path));
const works = Array.from({ length: Number(count) }, (_, index) =>
  store.write((transaction) => transaction.audit({ kind: "test", actor: name, subject: String(index) }, Date.now())),
);
await Promise.all(works);
await store.close();
process.disconnect();
