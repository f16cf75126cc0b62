import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDatabaseQuery } from "../../src/tools/database/query.ts";
import { createSqliteQuery } from "../../src/tools/database/sqlite.ts";
import { readFirstWord } from "../../src/tools/database/statement.ts";
import { createToolContext, testTool } from "../contracts/tool.ts";
import { startPostgres } from "../servers/postgres/start.ts";

const hasPostgres = existsSync("/usr/lib/postgresql/15/bin/postgres");
if (!hasPostgres)
  process.stderr.write("\n*** POSTGRESQL IS NOT TESTED: it is not installed (apt-get install postgresql-15). ***\n\n");

describe.skipIf(!hasPostgres)("database_query", () => {
  let server: Awaited<ReturnType<typeof startPostgres>>;
  let owner: pg.Client;
  let url = "";
  const tool = (address = url) => createDatabaseQuery({ databases: [{ name: "shop", url: address }] });
  const run = async (sql?: string, signal = new AbortController().signal) =>
    (await tool().run(sql === undefined ? {} : { sql }, createToolContext({ signal }))).text;

  beforeAll(async () => {
    server = await startPostgres();
    owner = new pg.Client({ connectionString: server.url });
    await owner.connect();
    // The reader owns its own table and may write it: only the transaction keeps it from doing so.
    await owner.query(`
      create role reader login;
      grant pg_read_all_data, pg_signal_backend to reader;
      create table orders (id int primary key, customer text, total numeric(10,2), at timestamptz);
      insert into orders select n, 'customer ' || n, n * 1.5, '2030-01-01 12:00Z' from generate_series(1, 500) n;
      grant all on orders to reader; grant create on schema public to reader;
      create sequence numbers; grant all on sequence numbers to reader;
      create function wipe() returns int language plpgsql as $$ begin delete from orders; return 1; end $$;
      create function wipe_as_owner() returns int language plpgsql security definer as $$ begin delete from orders; return 1; end $$;
      create procedure wipe_twice() language plpgsql as $$ begin commit; delete from orders; end $$;
    `);
    url = server.url.replace("postgres@", "reader@");
  });
  afterAll(async () => {
    await owner.end();
    await server.stop();
  });

  const count = async () => Number((await owner.query("select count(*) from orders")).rows[0].count);

  testTool("database_query", {
    create: tool,
    good: [{}, { database: "shop", sql: "select 1 as one" }],
    refused: [{ database: "other" }],
  });

  it("lists tables, and gives rows as the database writes them", async () => {
    expect(await run()).toContain(
      "public.orders | id integer, customer text, total numeric, at timestamp with time zone",
    );
    expect(await run("select id, customer, total, null as n from orders where id <= 2 order by id")).toBe(
      "id | customer | total | n\n1 | customer 1 | 1.50 | NULL\n2 | customer 2 | 3.00 | NULL\n[2 rows]",
    );
    expect(await run("with big as (select * from orders where total > 740) select count(*), count(*) from big;")).toBe(
      "count | count\n7 | 7\n[1 row]",
    );
    expect(await run("-- how many\n(select 1) union all (values (2))")).toContain("[2 rows]");
    expect(await run("show server_version")).toContain("15");
    expect(await run("explain select * from orders")).toContain("Scan");
    expect(await run("select 1 where false")).toContain("No rows");
  });

  it("gives no more rows and bytes than fit", async () => {
    expect(await run("select id from orders, generate_series(1, 100000)")).toMatch(/\[more than 200 rows\]$/);
    await expect(run("select repeat('x', 50000000)")).rejects.toMatchObject({ code: "too-large" });
    expect((await run("select repeat('x', 900000)")).length).toBeLessThan(1000);
  });

  it.each([
    ["insert into orders values (501)", "forbidden"],
    ["delete from orders", "forbidden"],
    ["drop table orders", "forbidden"],
    ["create table mine (id int)", "forbidden"],
    ["do $$ begin delete from orders; end $$", "forbidden"],
    ["call wipe_twice()", "forbidden"],
    ["copy orders to program 'cat'", "forbidden"],
    ["set transaction read write", "forbidden"],
    ["commit", "forbidden"],
    ["with gone as (delete from orders returning *) select * from gone", "bad-input"],
    ["with new as (insert into orders values (501) returning *) select * from new", "bad-input"],
    ["select * into mine from orders", "bad-input"],
    ["select wipe()", "forbidden"],
    ["select wipe_as_owner()", "forbidden"],
    ["select nextval('numbers')", "forbidden"],
    ["explain analyze delete from orders", "forbidden"],
    ["explain analyze select wipe()", "forbidden"],
    ["select * from orders for update", "forbidden"],
    ["select set_config('transaction_read_only', 'off', true)", "bad-input"],
    ["select 1; delete from orders", "bad-input"],
    ["select 1; commit; delete from orders; select 2", "bad-input"],
    ["explain select 1; delete from orders", "bad-input"],
    ["select pg_read_file('/etc/passwd')", "bad-input"],
    ["selekt 1", "forbidden"],
    ["select nothing from nowhere", "bad-input"],
  ])("changes nothing by %s", async (sql, code) => {
    await expect(run(sql)).rejects.toMatchObject({ code });
    expect(await count()).toBe(500);
    expect((await owner.query("select to_regclass('mine') as mine")).rows[0].mine).toBeNull();
    expect((await owner.query("select is_called from numbers")).rows[0].is_called).toBe(false);
  });

  it("leaves nothing behind of what PostgreSQL 15 forgets to refuse", async () => {
    await run("select lo_create(4711)");
    expect((await owner.query("select count(*) from pg_largeobject_metadata")).rows[0].count).toBe("0");
  });

  it("asks nothing as a user that may do everything", async () => {
    await expect(tool(server.url).run({ sql: "select 1" }, createToolContext())).rejects.toMatchObject({
      code: "forbidden",
      hint: expect.stringContaining("pg_read_all_data"),
    });
  });

  it("stops when it is stopped, and says what is wrong without saying where", async () => {
    await expect(run("select pg_sleep(60)", AbortSignal.timeout(300))).rejects.toMatchObject({ code: "aborted" });
    const nowhere = tool("postgres://someone:very-secret@127.0.0.1:1/x").run({}, createToolContext());
    const error = await nowhere.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "unreachable" });
    expect((error as Error).message).not.toContain("very-secret");
    await expect(tool(url.replace("reader@", "nobody@")).run({}, createToolContext())).rejects.toMatchObject({
      code: "unauthorised",
    });
  });
});

describe("sqlite_query", () => {
  const home = mkdtempSync(join(tmpdir(), "parlance-sqlite-"));
  afterAll(() => rmSync(home, { recursive: true, force: true }));
  const workspace = join(home, "workspace");
  mkdirSync(workspace);
  for (const path of [join(workspace, "shop.db"), join(home, "other.db")]) {
    const database = new DatabaseSync(path);
    database.exec("create table orders (id integer primary key, customer text, photo blob)");
    database.exec("insert into orders values (1, 'Ada', x'0102'), (9007199254740993, null, null)");
    database.close();
  }
  writeFileSync(join(workspace, "text.db"), "no database at all");
  symlinkSync(join(home, "other.db"), join(workspace, "link.db"));
  const create = () => createSqliteQuery({ workspace });
  const run = async (sql: string, signal = new AbortController().signal) =>
    (await create().run({ path: "shop.db", sql }, createToolContext({ signal }))).text;

  testTool("sqlite_query", {
    create,
    good: [{ path: "shop.db" }, { path: "shop.db", sql: "select * from orders" }],
    refused: [{ path: "text.db" }, { path: "link.db" }, { path: "../other.db" }, { path: "none.db" }],
  });

  it("gives rows, large numbers exactly", async () => {
    expect(await run("select id, customer, photo from orders order by id")).toBe(
      "id | customer | photo\n1 | Ada | [2 bytes]\n9007199254740993 | NULL | NULL\n[2 rows]",
    );
    expect(await run("with recursive n(i) as (select 1 union all select i + 1 from n) select i from n")).toMatch(
      /\[more than 200 rows\]$/,
    );
  });

  it.each([
    "delete from orders",
    `attach '${join(home, "other.db")}' as other`,
    "pragma journal_mode = wal",
    "create temp table t (a)",
    "vacuum into 'copy.db'",
    "begin",
    "select 1; select 2",
    "select load_extension('x')",
    "select zeroblob(900000000)",
    "selekt",
  ])("refuses %s", async (sql) => {
    await expect(run(sql)).rejects.toMatchObject({ name: "AppError" });
  });

  it("stops when it is stopped", async () => {
    const endless = "with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n";
    await expect(run(endless, AbortSignal.timeout(500))).rejects.toMatchObject({ code: "aborted" });
  });
});

describe("readFirstWord", () => {
  it.each([
    ["select 1", "select"],
    ["  -- a\n/* b */ ((WITH x", "with"],
    ["", ""],
    ["/* select", ""],
    ["1", ""],
  ])("of %j is %j", (sql, word) => {
    expect(readFirstWord(sql)).toBe(word);
  });
});
