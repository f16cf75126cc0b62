/** A compiled statement. Kysely's CompiledQuery fits. Placeholders are the dialect's own ("?" or "$1"). */
export interface SqlQuery {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

export interface SqlResult<Row> {
  readonly rows: Row[];
  /** Rows inserted, updated or deleted. */
  readonly changes: number;
}

/** Runs statements within one transaction. */
export interface SqlTransaction {
  /** Number of the connection: transactions with the same slot never overlap. */
  readonly slot: number;
  run<Row = never>(query: SqlQuery): Promise<SqlResult<Row>>;
}

/**
 * One relational database behind the store and the embedded queue. Integers are JavaScript numbers (epoch
 * milliseconds fit), JSON is text.
 */
export interface Database {
  readonly dialect: "sqlite" | "postgres";
  /** Runs one reading statement outside any transaction; sees committed data only. */
  read<Row>(query: SqlQuery): Promise<Row[]>;
  /** Runs one writing statement as a transaction of its own. */
  run<Row = never>(query: SqlQuery): Promise<SqlResult<Row>>;
  /**
   * Runs the work in a transaction; resolves after it is durably committed. On SQLite all works of one tick of the
   * event loop share a commit: that is where throughput is won. A work that throws is undone alone. A work must await
   * nothing but its transaction: others wait behind it. Busy databases are retried; then AppError "store-failed".
   */
  write<T>(work: (transaction: SqlTransaction) => Promise<T>): Promise<T>;
  /** Waits for open writes, then closes. Idempotent. */
  close(): Promise<void>;
}
