import { createStore, openDatabase } from "../../../src/store/index.ts";
import { describeStore } from "../../contracts/store.ts";
import { startPostgres } from "../postgres/start.ts";

let server: Awaited<ReturnType<typeof startPostgres>> | undefined;
const url = () => server?.url ?? "";

describeStore("PostgreSQL", {
  start: async () => void (server = await startPostgres()),
  stop: async () => server?.stop(),
  reset: async () => {
    const database = await openDatabase(url());
    for (const sql of ["drop schema public cascade", "create schema public"])
      await database.write((transaction) => transaction.run({ sql, parameters: [] }));
    await database.close();
  },
  open: async (now) => createStore(await openDatabase(url()), { now }),
  propertyRuns: 15,
});
