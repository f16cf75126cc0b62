import type { Pool, PoolClient } from "pg";
import type { Database, SqlQuery, SqlResult, SqlTransaction } from "../core/database.ts";
import { AppError, isAppError } from "../core/errors.ts";
import { loadPackage } from "../core/load-package.ts";

const bigintOid = 20;
/** Connections per process: enough to let the server join commits, few enough for its default limit of 100. */
const maxConnections = 8;
const attempts = 6;

/**
 * Opens a pool to PostgreSQL. Broken connections, serialisation failures and deadlocks are retried with backoff for a
 * few seconds, so that a restart of the server is a pause. Throws AppError "package-missing" without `pg`.
 */
export async function openPostgresDatabase(url: string): Promise<Database> {
  const { default: pg } = await loadPackage("pg", () => import("pg"));
  const types: { getTypeParser: typeof pg.types.getTypeParser } = {
    getTypeParser: ((oid: number, format?: "text") =>
      oid === bigintOid ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
  };
  const pool: Pool = new pg.Pool({
    connectionString: url,
    max: maxConnections,
    types,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  });
  // A connection that dies while nothing is asked of it, idle or between two statements, says so in an event that would
  // end the process if nobody heard it. What is asked next fails by itself.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  const slots = new WeakMap<PoolClient, number>();
  let nextSlot = 0;
  let isClosed = false;

  function slotOf(client: PoolClient): number {
    const slot = slots.get(client) ?? nextSlot++;
    slots.set(client, slot);
    return slot;
  }

  async function transact<T>(work: (transaction: SqlTransaction) => Promise<T>): Promise<T> {
    const client = await pool.connect();
    let isBroken = false;
    try {
      await client.query("BEGIN");
      const value = await work({ slot: slotOf(client), run: (query) => runOn(client, query) });
      await commit(client);
      return value;
    } catch (error) {
      isBroken = isConnectionFailure(error) || isAppError(error, "store-failed");
      if (!isBroken) await client.query("ROLLBACK").catch(() => (isBroken = true));
      throw error;
    } finally {
      client.release(isBroken);
    }
  }

  /** Like a commit, a statement that is cut off may have happened and is not repeated here. */
  async function runAlone<Row>(query: SqlQuery): Promise<SqlResult<Row>> {
    const client = await pool.connect();
    let isBroken = false;
    try {
      return await runOn<Row>(client, query);
    } catch (error) {
      isBroken = isConnectionFailure(error);
      throw isBroken ? toAppError(error, true) : error;
    } finally {
      client.release(isBroken);
    }
  }

  return {
    dialect: "postgres",
    run: (query) => retried(() => runAlone(query)),
    read: (query) => retried(async () => (await runOn<never>(pool, query)).rows),
    write: (work) => retried(() => transact(work)),
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      await pool.end();
    },
  };
}

/** A COMMIT that is cut off may have happened: it is never repeated here, the caller looks at what became true. */
async function commit(client: PoolClient): Promise<void> {
  try {
    await client.query("COMMIT");
  } catch (error) {
    throw toAppError(error, true);
  }
}

async function runOn<Row>(client: Pool | PoolClient, query: SqlQuery): Promise<SqlResult<Row>> {
  // Named statements are parsed once per connection; the text itself is the name's source.
  const result = await client.query({
    text: query.sql,
    values: query.parameters.map(toPostgres),
    name: statementName(query.sql),
  });
  return { rows: result.rows as Row[], changes: result.rowCount ?? 0 };
}

const names = new Map<string, string>();
function statementName(sql: string): string {
  let name = names.get(sql);
  if (name === undefined) {
    if (names.size > 2_000) names.clear();
    name = `p${hash(sql).toString(36)}_${sql.length}`;
    names.set(sql, name);
  }
  return name;
}

/** FNV-1a over UTF-16 units, 53 bits' worth: names need to differ among a few hundred statements only. */
function hash(text: string): number {
  let low = 0x811c9dc5;
  let high = 0x9dc5811c;
  for (let index = 0; index < text.length; index += 1) {
    low = Math.imul(low ^ text.charCodeAt(index), 0x01000193) >>> 0;
    high = Math.imul(high ^ text.charCodeAt(text.length - 1 - index), 0x01000193) >>> 0;
  }
  return low * 0x200000 + (high >>> 11);
}

function toPostgres(value: unknown): unknown {
  if (value === undefined) return null;
  // PostgreSQL's text cannot hold NUL; nothing of ours needs it.
  return typeof value === "string" && value.includes("\0") ? value.replaceAll("\0", "") : value;
}

async function retried<T>(operation: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await operation();
    } catch (error) {
      if (error instanceof AppError) throw error;
      const isRetryable = isConnectionFailure(error) || isConflict(error);
      if (!isDatabaseFailure(error) && !isRetryable) throw error;
      if (!isRetryable || attempt === attempts) throw toAppError(error, isRetryable);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 100 * 2 ** attempt));
    }
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/** Class 08 connection exceptions, 57P0x shutdowns, 53300 too many connections, and sockets' own codes. */
function isConnectionFailure(error: unknown): boolean {
  const code = codeOf(error);
  if (/^(08|57P0|53300)/.test(code) || /^(ECONN|EPIPE|ETIMEDOUT|ENOENT|EHOST)/.test(code)) return true;
  return (
    error instanceof Error &&
    /connection terminated|not queryable|timeout exceeded when trying to connect|connection error/i.test(error.message)
  );
}

/** Serialisation failure and deadlock: the same transaction may succeed now. */
function isConflict(error: unknown): boolean {
  return ["40001", "40P01"].includes(codeOf(error));
}

function isDatabaseFailure(error: unknown): boolean {
  return /^[0-9A-Z]{5}$/.test(codeOf(error));
}

function toAppError(error: unknown, isRetryable: boolean): AppError {
  const reason = error instanceof Error ? error.message : String(error);
  return new AppError("store-failed", `PostgreSQL refused: ${reason}.`, {
    hint: "Check that the server of `database` runs and lets this user in.",
    cause: error,
    ...(isRetryable ? { retryAfterMs: 2_000 } : {}),
  });
}
