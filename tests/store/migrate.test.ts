import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Database } from "../../src/core/database.ts";
import { migrate, type Migration } from "../../src/store/migrate.ts";
import { createQueryBuilder } from "../../src/store/query.ts";
import { openSqliteDatabase } from "../../src/store/sqlite-database.ts";

const build = createQueryBuilder("sqlite");
let folder = "";
let database: Database;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "parlance-migrate-"));
  database = openSqliteDatabase(join(folder, "test.db"));
});
afterEach(async () => {
  await database.close();
  await rm(folder, { recursive: true });
});

/** Makes a table that bears its number; a second run would fail. */
const trace = (version: number): Migration => ({
  version,
  name: `number ${version}`,
  up: (builder) => [builder.schema.createTable(`made_${version}`).addColumn("id", "integer").compile()],
});
const run = (...versions: readonly number[]) => migrate(database, build, 1_000, versions.map(trace));
const tables = async () =>
  (
    await database.read<{ name: string }>({
      sql: "select name from sqlite_master where name like 'made_%' order by rowid",
      parameters: [],
    })
  ).map(({ name }) => name);
const noted = async () =>
  (
    await database.read<{ version: number }>({ sql: "select version from migration order by version", parameters: [] })
  ).map(({ version }) => version);

it("applies every version that the database has not seen, in order, the ones below the newest too", async () => {
  await run(1, 4);
  await run(1, 2, 3, 4, 5);
  await run(1, 2, 3, 4, 5);
  expect(await tables()).toEqual(["made_1", "made_4", "made_2", "made_3", "made_5"]);
  expect(await noted()).toEqual([1, 2, 3, 4, 5]);
});

it("leaves a database alone that a newer version made", async () => {
  await run(1, 3);
  await expect(run(1, 2)).rejects.toMatchObject({ code: "store-failed" });
  expect(await noted()).toEqual([1, 3]);
});
