import { sql, type CompiledQuery } from "kysely";
import type { QueryBuilder } from "../query.ts";

/** Runs of workflows with their journals, and the files that they began with. */
export function upWorkflows({ schema }: QueryBuilder, dialect: "sqlite" | "postgres"): CompiledQuery[] {
  const sequence = dialect === "sqlite" ? sql`integer primary key autoincrement` : sql`bigserial primary key`;
  return [
    schema
      .createTable("workflow_definition")
      .addColumn("hash", "text", (column) => column.primaryKey())
      .addColumn("text", "text", (column) => column.notNull())
      .compile(),
    schema
      .createTable("workflow_run")
      .addColumn("seq", sequence)
      .addColumn("id", "text", (column) => column.notNull().unique())
      .addColumn("workflow", "text", (column) => column.notNull())
      .addColumn("definition_hash", "text", (column) => column.notNull())
      .addColumn("state", "text", (column) => column.notNull())
      .addColumn("asked", "text", (column) => column.notNull())
      .addColumn("dedup_key", "text", (column) => column.unique())
      .addColumn("concurrency_key", "text")
      .addColumn("parent_id", "text")
      /** What never changes, as JSON: cause, inputs, the step that waits for it. */
      .addColumn("record", "text", (column) => column.notNull())
      .addColumn("outputs", "text")
      .addColumn("reason", "text")
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("started_at", "bigint")
      .addColumn("ended_at", "bigint")
      .compile(),
    schema.createIndex("workflow_run_name").on("workflow_run").columns(["workflow", "seq"]).compile(),
    schema
      .createIndex("workflow_run_open")
      .on("workflow_run")
      .columns(["concurrency_key", "seq"])
      .where(sql.ref("state"), "in", sql`('queued', 'active', 'paused')`)
      .compile(),
    schema
      .createIndex("workflow_run_parent")
      .on("workflow_run")
      .column("parent_id")
      .where(sql.ref("parent_id"), "is not", null)
      .compile(),
    schema.createIndex("workflow_run_age").on("workflow_run").column("created_at").compile(),
    schema
      .createTable("workflow_step")
      .addColumn("run_id", "text", (column) => column.notNull())
      .addColumn("path", "text", (column) => column.notNull())
      .addColumn("seq", "integer", (column) => column.notNull())
      .addColumn("kind", "text", (column) => column.notNull())
      .addColumn("state", "text", (column) => column.notNull())
      .addColumn("attempt", "integer", (column) => column.notNull())
      .addColumn("redo", "integer", (column) => column.notNull())
      .addColumn("input", "text", (column) => column.notNull())
      .addColumn("output", "text", (column) => column.notNull())
      .addColumn("error", "text")
      .addColumn("is_outside", "integer", (column) => column.notNull())
      .addColumn("cost_micros", "bigint", (column) => column.notNull())
      .addColumn("started_at", "bigint", (column) => column.notNull())
      .addColumn("ended_at", "bigint")
      .addColumn("due_at", "bigint")
      .addPrimaryKeyConstraint("workflow_step_once", ["run_id", "path"])
      .compile(),
    schema
      .createTable("workflow_progress")
      .addColumn("run_id", "text", (column) => column.notNull())
      .addColumn("path", "text", (column) => column.notNull())
      .addColumn("attempt", "integer", (column) => column.notNull())
      .addColumn("idx", "integer", (column) => column.notNull())
      .addColumn("record", "text", (column) => column.notNull())
      .addPrimaryKeyConstraint("workflow_progress_once", ["run_id", "path", "attempt", "idx"])
      .compile(),
    /** The one run of each key that is under way. */
    schema
      .createTable("workflow_key")
      .addColumn("key", "text", (column) => column.primaryKey())
      .addColumn("run_id", "text", (column) => column.notNull())
      .compile(),
  ];
}
