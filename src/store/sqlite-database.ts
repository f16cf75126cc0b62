import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import type { Database, SqlQuery, SqlResult, SqlTransaction } from "../core/database.ts";
import { AppError } from "../core/errors.ts";

/** How long a write keeps trying while other processes hold the file. */
const busyLimitMs = 20_000;
/** Works that may share one commit: bounds the time others wait for the file. */
const maxBatch = 256;
/** Distinct statements kept prepared; ours are fewer, lists of different lengths make some more. */
const maxStatements = 500;

interface Job {
  readonly work: (transaction: SqlTransaction) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Opens (or creates) one SQLite file with settings that survive a power cut (WAL, synchronous=FULL).
 * Writes of one tick of the event loop share a transaction, each behind a savepoint of its own; reads go over a
 * second connection and so see committed data only. Throws AppError "store-failed" when the file cannot be opened.
 */
export function openSqliteDatabase(path: string): Database {
  const writer = open(path, false);
  const reader = open(path, true);
  const runWrite = createRunner(writer);
  const runRead = createRunner(reader);
  const transaction: SqlTransaction = { slot: 0, run: async <Row>(query: SqlQuery) => runWrite<Row>(query) };

  let waiting: Job[] = [];
  let flushing: Promise<void> | undefined;
  let isClosed = false;

  function startFlush(): void {
    flushing ??= new Promise<void>((resolve) => setImmediate(resolve)).then(flushAll).finally(() => {
      flushing = undefined;
      if (waiting.length > 0) startFlush();
    });
  }

  async function flushAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, maxBatch);
      waiting = waiting.slice(maxBatch);
      await commitBatch(batch);
    }
  }

  async function commitBatch(batch: readonly Job[]): Promise<void> {
    const outcomes: Array<() => void> = [];
    try {
      await begin();
      for (const job of batch) outcomes.push(await runJob(job));
      writer.exec("COMMIT");
    } catch (error) {
      if (writer.isTransaction) writer.exec("ROLLBACK");
      for (const job of batch) job.reject(toAppError(error));
      return;
    }
    for (const settle of outcomes) settle();
  }

  async function runJob(job: Job): Promise<() => void> {
    writer.exec("SAVEPOINT work");
    try {
      const value = await job.work(transaction);
      writer.exec("RELEASE work");
      return () => job.resolve(value);
    } catch (error) {
      writer.exec("ROLLBACK TO work; RELEASE work");
      return () => job.reject(isSqliteError(error) ? toAppError(error) : error);
    }
  }

  async function begin(): Promise<void> {
    const until = Date.now() + busyLimitMs;
    for (;;) {
      try {
        writer.exec("BEGIN IMMEDIATE");
        return;
      } catch (error) {
        if (!isBusy(error) || Date.now() > until) throw error;
        await sleep(2 + Math.random() * 20);
      }
    }
  }

  const write = <T>(work: (transaction: SqlTransaction) => Promise<T>) =>
    new Promise<T>((resolve, reject) => {
      if (isClosed) return reject(new AppError("store-failed", "The store is closed."));
      waiting.push({ work, resolve: resolve as (value: unknown) => void, reject });
      startFlush();
    });

  return {
    dialect: "sqlite",
    read: async <Row>(query: SqlQuery) => {
      for (let attempt = 0; ; attempt += 1) {
        try {
          return runRead<Row>(query).rows;
        } catch (error) {
          if (!isBusy(error) || attempt > 100) throw toAppError(error);
          await sleep(2 + Math.random() * 20);
        }
      }
    },
    run: (query) => write((running) => running.run(query)),
    write,
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      while (flushing !== undefined) await flushing;
      reader.close();
      writer.close();
    },
  };
}

function open(path: string, readOnly: boolean): DatabaseSync {
  try {
    const database = new DatabaseSync(path, { readOnly, timeout: 20 });
    if (!readOnly) database.exec("PRAGMA journal_mode=WAL");
    database.exec("PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-4000");
    return database;
  } catch (error) {
    throw new AppError("store-failed", `The database ${path} cannot be opened: ${describe(error)}.`, {
      hint: "Check that the data folder exists, is writable and is on a local disk.",
      cause: error,
    });
  }
}

function createRunner(database: DatabaseSync): <Row>(query: SqlQuery) => SqlResult<Row> {
  const statements = new Map<string, { statement: StatementSync; hasRows: boolean }>();
  return function run<Row>(query: SqlQuery): SqlResult<Row> {
    let known = statements.get(query.sql);
    if (known === undefined) {
      if (statements.size >= maxStatements) statements.clear();
      const statement = database.prepare(query.sql);
      known = { statement, hasRows: statement.columns().length > 0 };
      statements.set(query.sql, known);
    }
    const parameters = query.parameters.map(toSqlite);
    if (known.hasRows) {
      const rows = known.statement.all(...parameters) as Row[];
      return { rows, changes: rows.length };
    }
    return { rows: [], changes: Number(known.statement.run(...parameters).changes) };
  };
}

function toSqlite(value: unknown): SQLInputValue {
  if (value === undefined) return null;
  if (typeof value === "boolean") return value ? 1 : 0;
  return value as SQLInputValue;
}

function isSqliteError(error: unknown): error is Error & { errcode: number } {
  return error instanceof Error && (error as { code?: unknown }).code === "ERR_SQLITE_ERROR";
}

/** SQLITE_BUSY (5), in any of its extended forms. */
function isBusy(error: unknown): boolean {
  return isSqliteError(error) && (error.errcode & 0xff) === 5;
}

function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const options = { hint: "Look at the free disk space and at who else has the database open.", cause: error };
  return new AppError(
    "store-failed",
    `The database refused: ${describe(error)}.`,
    isBusy(error) ? { ...options, retryAfterMs: 1000 } : options,
  );
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
