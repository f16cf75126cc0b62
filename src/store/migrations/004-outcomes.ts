import type { CompiledQuery } from "kysely";
import { sql } from "kysely";
import type { QueryBuilder } from "../query.ts";

/** What people made of what a persona did. */
export function upOutcomes({ schema }: QueryBuilder, dialect: "sqlite" | "postgres"): CompiledQuery[] {
  const sequence = dialect === "sqlite" ? sql`integer primary key autoincrement` : sql`bigserial primary key`;
  return [
    schema
      .createTable("persona_outcome")
      .addColumn("seq", sequence)
      .addColumn("persona", "text", (column) => column.notNull())
      .addColumn("ref", "text", (column) => column.notNull())
      .addColumn("outcome", "text", (column) => column.notNull())
      .addColumn("note", "text", (column) => column.notNull())
      .addColumn("at", "bigint", (column) => column.notNull())
      .addUniqueConstraint("persona_outcome_once", ["persona", "ref"])
      .compile(),
    schema.createIndex("persona_outcome_at").on("persona_outcome").columns(["persona", "at"]).compile(),
  ];
}
