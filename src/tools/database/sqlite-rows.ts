import { constants, DatabaseSync, type SQLOutputValue } from "node:sqlite";
import { AppError } from "../../core/errors.ts";
import { mostRows, type Rows } from "./format-rows.ts";

/** Where this module lies, for the process that runs it. */
export const sqliteModule: string = import.meta.url;

export interface SqliteInput {
  readonly path: string;
  readonly sql: string;
}

const mostChars = 4_000_000;
const longestValue = 1_000_000;
const mostHeapBytes = 128 * 1_048_576;

/** Runs in a process of its own: a query can be made to run for hours, and to take all memory. */
export function readSqlite({ path, sql }: SqliteInput): Rows {
  const database = new DatabaseSync(path, {
    readOnly: true,
    allowExtension: false,
    limits: { length: longestValue, attach: 0 },
  });
  database.exec(`pragma hard_heap_limit = ${mostHeapBytes}`);
  const { SQLITE_OK, SQLITE_DENY, SQLITE_SELECT, SQLITE_READ, SQLITE_FUNCTION, SQLITE_RECURSIVE } = constants;
  const reading: ReadonlySet<number> = new Set([SQLITE_SELECT, SQLITE_READ, SQLITE_FUNCTION, SQLITE_RECURSIVE]);
  database.setAuthorizer((action) => (reading.has(action) ? SQLITE_OK : SQLITE_DENY));
  try {
    const statement = database.prepare(sql);
    // It takes the first statement and is silent about the others.
    if (/\S/.test(sql.slice(statement.sourceSQL.length).replaceAll(";", "")))
      throw new AppError("bad-input", "Only one statement at a time is carried out.");
    statement.setReadBigInts(true);
    statement.setReturnArrays(true);
    const rows: (string | null)[][] = [];
    let chars = 0;
    for (const row of statement.iterate() as Iterable<unknown> as Iterable<SQLOutputValue[]>) {
      if (rows.length === mostRows || chars > mostChars) return { columns: names(), rows, isCut: true };
      const cells = row.map(formatValue);
      chars += cells.reduce((sum, cell) => sum + (cell?.length ?? 0), 0);
      rows.push(cells);
    }
    return { columns: names(), rows, isCut: false };

    function names(): readonly string[] {
      return statement.columns().map(({ name }) => name);
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    const said = error instanceof Error ? error.message.slice(0, 300) : "nothing";
    if (said.includes("not authorized"))
      throw new AppError("forbidden", "Only statements that read are carried out.", { cause: error });
    throw new AppError("bad-input", `SQLite says: ${said}`, { cause: error });
  } finally {
    database.close();
  }
}

function formatValue(value: SQLOutputValue): string | null {
  if (value === null) return null;
  return value instanceof Uint8Array ? `[${value.length} bytes]` : String(value);
}
