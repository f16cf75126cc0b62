import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { openDatabase } from "../../../src/store/index.ts";
import { startPostgres } from "../postgres/start.ts";

it("outlives a PostgreSQL that dies between two statements of a transaction, and makes it again", async () => {
  const server = await startPostgres();
  const database = await openDatabase(server.url);
  const one = { sql: "select 1 as one", parameters: [] };
  let tries = 0;
  try {
    const rows = await database.write(async (transaction) => {
      tries += 1;
      await transaction.run(one);
      if (tries === 1) {
        // What the server says as it goes meets nobody who waits for an answer: unheard, it would end this process.
        await server.kill();
        await sleep(500);
        await server.restart();
      }
      return (await transaction.run<{ one: number }>(one)).rows;
    });
    expect(rows).toEqual([{ one: 1 }]);
    expect(tries).toBeGreaterThan(1);
  } finally {
    await database.close();
    await server.stop();
  }
});
