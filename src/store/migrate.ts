import { sql, type CompiledQuery } from "kysely";
import type { Database } from "../core/database.ts";
import { AppError } from "../core/errors.ts";
import { upFoundation } from "./migrations/001-foundation.ts";
import { upMemory } from "./migrations/002-memory.ts";
import { upMind } from "./migrations/003-mind.ts";
import { upOutcomes } from "./migrations/004-outcomes.ts";
import { upCdc } from "./migrations/005-cdc.ts";
import { upWorkflows } from "./migrations/006-workflows.ts";
import type { QueryBuilder } from "./query.ts";

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly up: (build: QueryBuilder, dialect: Database["dialect"]) => CompiledQuery[];
}

/** In order, never changed once released: a change of the schema is a new number. */
const migrations: readonly Migration[] = [
  { version: 1, name: "foundation", up: upFoundation },
  { version: 2, name: "memory", up: upMemory },
  { version: 3, name: "mind", up: upMind },
  { version: 4, name: "outcomes", up: upOutcomes },
  { version: 5, name: "cdc", up: upCdc },
  { version: 6, name: "workflows", up: upWorkflows },
];

/** Any number; the same for all processes that migrate one PostgreSQL database. */
const advisoryLock = 7_420_001;

/**
 * Brings the database to the newest schema in one transaction; several processes may try at once. What it has not seen
 * is applied in order, a number below its newest too: branches are merged in any order. Throws AppError when the
 * database is newer than this program.
 */
export async function migrate(
  database: Database,
  build: QueryBuilder,
  now: number,
  all: readonly Migration[] = migrations,
): Promise<void> {
  const known = all.at(-1)?.version ?? 0;
  await database.write(async (transaction) => {
    if (database.dialect === "postgres")
      await transaction.run(sql`select pg_advisory_xact_lock(${sql.lit(advisoryLock)})`.compile(build));
    const created = build.schema
      .createTable("migration")
      .ifNotExists()
      .addColumn("version", "integer", (column) => column.primaryKey())
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("at", "bigint", (column) => column.notNull());
    await transaction.run(created.compile());
    const { rows } = await transaction.run<{ version: number }>(
      build.selectFrom("migration").select("version").compile(),
    );
    const seen = new Set(rows.map((row) => row.version));
    const current = Math.max(0, ...seen);
    if (current > known) {
      throw new AppError(
        "store-failed",
        `The database has schema ${current}; this version of Parlance knows ${known}.`,
        {
          hint: "Run the newer version of Parlance, or restore a backup from before the update.",
        },
      );
    }
    for (const migration of all.filter(({ version }) => !seen.has(version))) {
      for (const statement of migration.up(build, database.dialect)) await transaction.run(statement);
      await transaction.run(
        build.insertInto("migration").values({ version: migration.version, name: migration.name, at: now }).compile(),
      );
    }
  });
}
