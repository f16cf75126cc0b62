import { z } from "zod";
import { AppError } from "../../core/errors.ts";
import type { Tool } from "../../core/tool.ts";
import { defineTool, words } from "../define.ts";
import { formatRows } from "./format-rows.ts";
import { listPostgresTables, queryPostgres } from "./postgres.ts";

/** A database that the operator configured. */
export interface DatabaseService {
  readonly name: string;
  /** "postgres://…", with user and password: nobody sees it. */
  readonly url: string;
}

export const databaseWords: readonly string[] = [
  ...words("sql database databases db query queries"),
  ...words("datenbank datenbanken abfrage requête consulta"),
  "base de datos",
];

/** `databases`: at least one. */
export function createDatabaseQuery({ databases }: { readonly databases: readonly DatabaseService[] }): Tool {
  const names = databases.map(({ name }) => name);
  return defineTool({
    name: "database_query",
    description: `Asks a PostgreSQL database (${names.join(", ").slice(0, 200)}) with one SQL statement that reads; without \`sql\` it lists the tables.`,
    input: z.strictObject({
      database: z
        .string()
        .min(1)
        .max(40)
        .optional()
        .describe(`${names[0] ?? ""} when absent.`),
      sql: z.string().min(1).max(10_000).optional(),
    }),
    effect: "read",
    keywords: [
      ...new Set([...databaseWords, ...words("postgres postgresql"), ...names.map((name) => name.toLowerCase())]),
    ],
    timeoutMs: 30_000,
    maxOutputChars: 20_000,
    async run({ database = names[0], sql }, { signal }) {
      const found = databases.find(({ name }) => name === database);
      if (found === undefined)
        throw new AppError("not-found", "There is no such database.", { hint: `Known: ${names.join(", ")}.` });
      const rows = await (sql === undefined
        ? listPostgresTables(found.url, signal)
        : queryPostgres(found.url, sql, signal));
      return { text: formatRows(rows), isOutside: true };
    },
  });
}
