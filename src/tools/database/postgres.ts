import { Socket } from "node:net";
import type { Client, QueryArrayConfig } from "pg";
import { AppError } from "../../core/errors.ts";
import { loadPackage } from "../../core/load-package.ts";
import { mostRows, type Rows } from "./format-rows.ts";
import { checkFirstWord } from "./statement.ts";

const timeoutMs = 15_000;
const mostBytes = 8 * 1_048_576;
const byteCheckMs = 20;

const tables = `
  select table_schema || '.' || table_name as table,
    string_agg(column_name || ' ' || data_type, ', ' order by ordinal_position) as columns
  from information_schema.columns
  where table_schema not in ('pg_catalog', 'information_schema')
  group by table_schema, table_name order by 1`;

/** The tables this user may see, with their columns. */
export function listPostgresTables(url: string, signal: AbortSignal): Promise<Rows> {
  return withReadOnlyClient(url, signal, (client) => fetchRows(client, tables));
}

/**
 * Carries out one statement that reads, in a read-only transaction that is rolled back. Refuses a user that may do
 * everything: as a superuser even a SELECT can read the server's files and end its processes. Throws AppError.
 */
export function queryPostgres(url: string, sql: string, signal: AbortSignal): Promise<Rows> {
  const word = checkFirstWord(sql, ["select", "with", "values", "table", "show", "explain"]);
  return withReadOnlyClient(url, signal, (client) =>
    word === "show" || word === "explain" ? runAlone(client, sql) : fetchRows(client, sql),
  );
}

async function withReadOnlyClient<T>(
  url: string,
  signal: AbortSignal,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const { default: pg } = await loadPackage("pg", () => import("pg"));
  signal.throwIfAborted();
  const socket = new Socket();
  const client = new pg.Client({
    connectionString: url,
    stream: () => socket,
    connectionTimeoutMillis: 5000,
    statement_timeout: timeoutMs,
    query_timeout: timeoutMs + 2000,
    idle_in_transaction_session_timeout: timeoutMs,
    options: "-c default_transaction_read_only=on",
    application_name: "parlance",
    types: { getTypeParser: () => (value: string) => value },
  });
  client.on("error", () => undefined); // whoever waits for a query hears of it
  let isTooMuch = false;
  const watch = setInterval(() => {
    if (socket.bytesRead <= mostBytes) return;
    isTooMuch = true;
    socket.destroy();
  }, byteCheckMs);
  const stop = () => socket.destroy();
  signal.addEventListener("abort", stop, { once: true });
  try {
    await client.connect();
    await client.query("begin transaction isolation level repeatable read read only");
    await checkUser(client);
    return await work(client);
  } catch (error) {
    if (signal.aborted) throw new AppError("aborted", "The query was stopped.", { cause: error });
    if (isTooMuch)
      throw new AppError("too-large", "The query gave more than can be read.", {
        hint: "Ask for fewer columns or rows.",
      });
    throw explain(error);
  } finally {
    clearInterval(watch);
    signal.removeEventListener("abort", stop);
    socket.destroy(); // ends the transaction, and whatever still runs at the next word to us
  }
}

async function checkUser(client: Client): Promise<void> {
  const { rows } = await client.query<{ super: string }>(
    "select (rolsuper or pg_has_role(rolname, 'pg_execute_server_program', 'member') or pg_has_role(rolname, 'pg_write_server_files', 'member'))::text as super from pg_roles where rolname = session_user",
  );
  if (rows[0]?.super === "false") return;
  throw new AppError("forbidden", "This service's database user may do everything, so nothing is asked with it.", {
    hint: "Give the service a user of its own: CREATE ROLE reader LOGIN PASSWORD '…'; GRANT pg_read_all_data TO reader;",
  });
}

/** A cursor, so that no more rows are made than are shown. The server takes one statement only, and no writing one. */
async function fetchRows(client: Client, sql: string): Promise<Rows> {
  await runAlone(client, `declare parlance no scroll cursor for ${sql}`);
  return runAlone(client, `fetch ${mostRows + 1} from parlance`);
}

/** In the protocol that takes one statement only. */
async function runAlone(client: Client, sql: string): Promise<Rows> {
  const query: QueryArrayConfig & { readonly queryMode: "extended" } = {
    text: sql,
    rowMode: "array",
    queryMode: "extended",
  };
  const result = await client.query<(string | null)[]>(query);
  const { rows } = result;
  return {
    columns: result.fields.map(({ name }) => name),
    rows: rows.slice(0, mostRows),
    isCut: rows.length > mostRows,
  };
}

/** The server's words are for whoever wrote the statement; its address and user are for nobody. */
function explain(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const message = error instanceof Error ? error.message.slice(0, 300) : "";
  if (code.startsWith("28") || code === "3D000")
    return new AppError("unauthorised", "The database did not let us in.", { cause: error });
  if (code === "25006")
    return new AppError("forbidden", "This would write; only reading is allowed.", { cause: error });
  if (code === "57014") return new AppError("timeout", "The query took too long.", { cause: error });
  if (/^[0-9A-Z]{5}$/.test(code)) return new AppError("bad-input", `The database says: ${message}`, { cause: error });
  return new AppError("unreachable", "The database did not answer.", { cause: error, retryAfterMs: 5000 });
}
