/** What a query gave, as text. */
export interface Rows {
  readonly columns: readonly string[];
  readonly rows: ReadonlyArray<readonly (string | null)[]>;
  /** Was there more? */
  readonly isCut: boolean;
}

export const mostRows = 200;
const cellChars = 500;

/** A line for each row, cells apart by " | ". */
export function formatRows({ columns, rows, isCut }: Rows): string {
  if (rows.length === 0) return `No rows. Columns: ${columns.map(formatCell).join(", ") || "none"}.`;
  const lines = rows.map((row) => row.map((cell) => (cell === null ? "NULL" : formatCell(cell))).join(" | "));
  const end = isCut ? `[more than ${rows.length} rows]` : `[${rows.length} ${rows.length === 1 ? "row" : "rows"}]`;
  return [columns.map(formatCell).join(" | "), ...lines, end].join("\n");
}

function formatCell(value: string): string {
  const line = value.replace(/\s+/g, " ");
  return line.length <= cellChars ? line.toWellFormed() : `${line.slice(0, cellChars).toWellFormed()}…`;
}
