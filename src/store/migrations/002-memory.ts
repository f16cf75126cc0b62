import { sql, type CompiledQuery } from "kysely";
import type { QueryBuilder } from "../query.ts";

/** What is remembered, the number of its newest change, and how far messages were taken in. */
export function upMemory(build: QueryBuilder, dialect: "sqlite" | "postgres"): CompiledQuery[] {
  const { schema } = build;
  const sequence = dialect === "sqlite" ? sql`integer primary key autoincrement` : sql`bigserial primary key`;
  const isLive = [sql.ref("is_gone"), "=", sql.lit(0)] as const;
  return [
    schema
      .createTable("memory")
      .addColumn("seq", sequence)
      .addColumn("id", "text", (column) => column.notNull().unique())
      .addColumn("layer", "text", (column) => column.notNull())
      .addColumn("scope", "text", (column) => column.notNull())
      .addColumn("source", "text", (column) => column.notNull())
      .addColumn("speaker", "text", (column) => column.notNull())
      .addColumn("place", "text")
      .addColumn("text", "text", (column) => column.notNull())
      .addColumn("at", "bigint", (column) => column.notNull())
      .addColumn("importance", "double precision", (column) => column.notNull())
      .addColumn("access_count", "integer", (column) => column.notNull().defaultTo(0))
      .addColumn("last_access_at", "bigint")
      .addColumn("expires_at", "bigint")
      .addColumn("is_pinned", "integer", (column) => column.notNull())
      .addColumn("is_outside", "integer", (column) => column.notNull())
      .addColumn("gone_at", "bigint")
      .addColumn("is_gone", "integer", (column) => column.notNull().defaultTo(0))
      .addColumn("change_seq", "bigint", (column) => column.notNull())
      .compile(),
    schema.createIndex("memory_change").on("memory").column("change_seq").compile(),
    schema
      .createIndex("memory_order")
      .on("memory")
      .columns(["scope", "source", "at", "seq"])
      .where(...isLive)
      .compile(),
    schema
      .createIndex("memory_source")
      .on("memory")
      .column("source")
      .where(...isLive)
      .compile(),
    schema.createIndex("memory_expiry").on("memory").column("expires_at").where("expires_at", "is not", null).compile(),
    schema.createIndex("memory_gone").on("memory").column("gone_at").where("gone_at", "is not", null).compile(),
    schema
      .createTable("memory_state")
      .addColumn("key", "text", (column) => column.primaryKey())
      .addColumn("value", "bigint", (column) => column.notNull())
      .compile(),
    build
      .insertInto("memory_state")
      .values([
        { key: "change", value: 0 },
        { key: "message", value: 0 },
      ])
      .compile(),
  ];
}
