import { z } from "zod";
import { AppError } from "../../core/errors.ts";
import { runApart } from "../../core/run-apart.ts";
import type { Tool } from "../../core/tool.ts";
import { defineTool, words } from "../define.ts";
import { inFolderOf, readStart } from "../workspace/folder.ts";
import { parseWorkspacePath } from "../workspace/path.ts";
import { formatRows, type Rows } from "./format-rows.ts";
import { databaseWords } from "./query.ts";
import { sqliteModule, type SqliteInput } from "./sqlite-rows.ts";

const tables = "select name as \"table\", sql from sqlite_schema where type in ('table', 'view') order by name";

export function createSqliteQuery({ workspace }: { readonly workspace: string }): Tool {
  return defineTool({
    name: "sqlite_query",
    description:
      "Asks a SQLite file in the workspace with one SQL statement that reads; without `sql` it lists the tables.",
    input: z.strictObject({
      path: z.string().min(1).max(1000),
      sql: z.string().min(1).max(10_000).optional(),
    }),
    effect: "read",
    keywords: [...databaseWords, ...words("sqlite sqlite3")],
    timeoutMs: 30_000,
    maxOutputChars: 20_000,
    async run({ path, sql = tables }, { signal }) {
      const rows = await inFolderOf(workspace, parseWorkspacePath(path), async (place) => {
        const start = await readStart(place, 16);
        if (start.toString("latin1") !== "SQLite format 3\0")
          throw new AppError("unsupported", "This is no SQLite file.");
        // The folder is held open by this process, and the query runs in another.
        const input: SqliteInput = { path: place.replace(/^\/proc\/self\//, `/proc/${process.pid}/`), sql };
        return runApart<Rows>({
          where: "process",
          module: sqliteModule,
          name: "readSqlite",
          input,
          timeoutMs: 15_000,
          maxMemoryMb: 256,
          signal,
        });
      });
      return { text: formatRows(rows), isOutside: true };
    },
  });
}
