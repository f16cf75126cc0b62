import { sql, type CompiledQuery } from "kysely";
import { wakeTables } from "../../core/wake-tables.ts";
import type { QueryBuilder } from "../query.ts";

/** Inbox, conversations, turns, outbox, people, approvals, audit, and the embedded queue's own tables. */
export function upFoundation(build: QueryBuilder, dialect: "sqlite" | "postgres"): CompiledQuery[] {
  const { schema } = build;
  const table = (name: string) => schema.createTable(name);
  const sequence = dialect === "sqlite" ? sql`integer primary key autoincrement` : sql`bigserial primary key`;
  return [
    table("inbox")
      .addColumn("seq", sequence)
      .addColumn("channel", "text", (column) => column.notNull())
      .addColumn("external_id", "text", (column) => column.notNull())
      .addColumn("conversation", "text", (column) => column.notNull())
      .addColumn("message", "text", (column) => column.notNull())
      .addColumn("state", "text", (column) => column.notNull())
      .addColumn("turn_id", "text")
      .addColumn("received_at", "bigint", (column) => column.notNull())
      .addUniqueConstraint("inbox_once", ["channel", "external_id"])
      .compile(),
    schema
      .createIndex("inbox_unread")
      .on("inbox")
      .columns(["conversation", "seq"])
      .where(sql.ref("state"), "=", sql.lit("new"))
      .compile(),
    schema.createIndex("inbox_turn").on("inbox").column("turn_id").compile(),
    schema.createIndex("inbox_age").on("inbox").column("received_at").compile(),

    table("conversation")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("fence", "bigint", (column) => column.notNull())
      .addColumn("owner", "text")
      .addColumn("lease_until", "bigint", (column) => column.notNull())
      .addColumn("session", "integer", (column) => column.notNull().defaultTo(1))
      .addColumn("persona", "text")
      .addColumn("model", "text")
      .addColumn("summary", "text")
      .addColumn("summary_seq", "bigint", (column) => column.notNull().defaultTo(0))
      .addColumn("is_summary_outside", "integer", (column) => column.notNull().defaultTo(0))
      .addColumn("title", "text")
      .addColumn("has_open_turn", "integer", (column) => column.notNull().defaultTo(0))
      .addColumn("has_pins", "integer", (column) => column.notNull().defaultTo(0))
      .addColumn("stop_requested", "integer", (column) => column.notNull().defaultTo(0))
      .addColumn("attempts", "integer", (column) => column.notNull().defaultTo(0))
      .addColumn("retry_at", "bigint", (column) => column.notNull().defaultTo(0))
      .addColumn("updated_at", "bigint", (column) => column.notNull())
      .compile(),
    schema
      .createIndex("conversation_owner")
      .on("conversation")
      .column("owner")
      .where("owner", "is not", null)
      .compile(),
    schema
      .createIndex("conversation_open")
      .on("conversation")
      .column("id")
      .where(sql.ref("has_open_turn"), "=", sql.lit(1))
      .compile(),

    table("message")
      .addColumn("seq", sequence)
      .addColumn("conversation", "text", (column) => column.notNull())
      .addColumn("session", "integer", (column) => column.notNull())
      .addColumn("turn_id", "text", (column) => column.notNull())
      .addColumn("role", "text", (column) => column.notNull())
      .addColumn("content", "text", (column) => column.notNull())
      .addColumn("external_id", "text", (column) => column.notNull())
      .addColumn("sender_name", "text", (column) => column.notNull())
      .addColumn("text", "text", (column) => column.notNull())
      .addColumn("shown", "text")
      .addColumn("in_context", "integer", (column) => column.notNull())
      .addColumn("is_pinned", "integer", (column) => column.notNull().defaultTo(0))
      .addColumn("at", "bigint", (column) => column.notNull())
      .addUniqueConstraint("message_once", ["conversation", "external_id"])
      .compile(),
    schema.createIndex("message_order").on("message").columns(["conversation", "seq"]).compile(),

    table("turn")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("conversation", "text", (column) => column.notNull())
      .addColumn("state", "text", (column) => column.notNull())
      .addColumn("inbox_seqs", "text", (column) => column.notNull())
      .addColumn("is_tainted", "integer", (column) => column.notNull())
      .addColumn("persona", "text", (column) => column.notNull())
      .addColumn("started_at", "bigint", (column) => column.notNull())
      .compile(),
    schema.createIndex("turn_conversation").on("turn").columns(["conversation", "state"]).compile(),
    table("step")
      .addColumn("turn_id", "text", (column) => column.notNull())
      .addColumn("idx", "integer", (column) => column.notNull())
      .addColumn("message", "text", (column) => column.notNull())
      .addColumn("started_calls", "text", (column) => column.notNull())
      .addPrimaryKeyConstraint("step_key", ["turn_id", "idx"])
      .compile(),

    table("outbox")
      .addColumn("seq", sequence)
      .addColumn("id", "text", (column) => column.notNull().unique())
      .addColumn("conversation", "text", (column) => column.notNull())
      .addColumn("channel", "text", (column) => column.notNull())
      .addColumn("message", "text", (column) => column.notNull())
      .addColumn("state", "text", (column) => column.notNull())
      .addColumn("attempts", "integer", (column) => column.notNull().defaultTo(0))
      .addColumn("parts", "text", (column) => column.notNull().defaultTo("[]"))
      .addColumn("hint", "text")
      .addColumn("preview_id", "text")
      .addColumn("owner", "text")
      .addColumn("owned_until", "bigint", (column) => column.notNull().defaultTo(0))
      .addColumn("next_at", "bigint", (column) => column.notNull())
      .addColumn("error", "text")
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .compile(),
    schema
      .createIndex("outbox_open")
      .on("outbox")
      .columns(["channel", "seq"])
      .where(sql.ref("state"), "in", [sql.lit("pending"), sql.lit("sending")])
      .compile(),
    schema
      .createIndex("outbox_order")
      .on("outbox")
      .columns(["conversation", "seq"])
      .where(sql.ref("state"), "in", [sql.lit("pending"), sql.lit("sending")])
      .compile(),
    schema
      .createIndex("outbox_uncertain")
      .on("outbox")
      .column("seq")
      .where(sql.ref("state"), "=", sql.lit("uncertain"))
      .compile(),
    schema
      .createIndex("outbox_preview")
      .on("outbox")
      .column("conversation")
      .where(sql.ref("state"), "=", sql.lit("preview"))
      .compile(),
    schema.createIndex("outbox_age").on("outbox").column("created_at").compile(),

    table("person")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("role", "text", (column) => column.notNull())
      .compile(),
    table("pairing")
      .addColumn("code", "text", (column) => column.primaryKey())
      .addColumn("person", "text", (column) => column.notNull())
      .addColumn("person_name", "text", (column) => column.notNull())
      .addColumn("address", "text", (column) => column.notNull())
      .addColumn("state", "text", (column) => column.notNull())
      .addColumn("expires_at", "bigint", (column) => column.notNull())
      .compile(),
    schema.createIndex("pairing_person").on("pairing").columns(["person", "state"]).compile(),
    table("approval")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("conversation", "text", (column) => column.notNull())
      .addColumn("turn_id", "text", (column) => column.notNull())
      .addColumn("call_id", "text", (column) => column.notNull())
      .addColumn("tool", "text", (column) => column.notNull())
      .addColumn("input", "text", (column) => column.notNull())
      .addColumn("question", "text", (column) => column.notNull())
      .addColumn("state", "text", (column) => column.notNull())
      .addColumn("answered_by", "text")
      .addColumn("expires_at", "bigint", (column) => column.notNull())
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .compile(),
    schema.createIndex("approval_turn").on("approval").column("turn_id").compile(),
    schema
      .createIndex("approval_pending")
      .on("approval")
      .column("created_at")
      .where(sql.ref("state"), "=", sql.lit("pending"))
      .compile(),
    table("dead_letter")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("kind", "text", (column) => column.notNull())
      .addColumn("ref", "text", (column) => column.notNull())
      .addColumn("reason", "text", (column) => column.notNull())
      .addColumn("state", "text", (column) => column.notNull())
      .addColumn("at", "bigint", (column) => column.notNull())
      .compile(),

    table("usage")
      .addColumn("at", "bigint", (column) => column.notNull())
      .addColumn("conversation", "text", (column) => column.notNull())
      .addColumn("person", "text", (column) => column.notNull())
      .addColumn("persona", "text", (column) => column.notNull())
      .addColumn("model", "text", (column) => column.notNull())
      .addColumn("input_tokens", "integer", (column) => column.notNull())
      .addColumn("output_tokens", "integer", (column) => column.notNull())
      .addColumn("cached_tokens", "integer", (column) => column.notNull())
      .addColumn("cost_micros", "bigint", (column) => column.notNull())
      .compile(),
    schema.createIndex("usage_at").on("usage").column("at").compile(),
    table("egress")
      .addColumn("at", "bigint", (column) => column.notNull())
      .addColumn("url", "text", (column) => column.notNull())
      .addColumn("address", "text", (column) => column.notNull())
      .addColumn("outcome", "text", (column) => column.notNull())
      .addColumn("reason", "text", (column) => column.notNull())
      .addColumn("turn_id", "text", (column) => column.notNull())
      .compile(),
    table("channel_state")
      .addColumn("channel", "text", (column) => column.notNull())
      .addColumn("key", "text", (column) => column.notNull())
      .addColumn("value", "text", (column) => column.notNull())
      .addPrimaryKeyConstraint("channel_state_key", ["channel", "key"])
      .compile(),
    table("named_lease")
      .addColumn("name", "text", (column) => column.primaryKey())
      .addColumn("owner", "text", (column) => column.notNull())
      .addColumn("until", "bigint", (column) => column.notNull())
      .compile(),
    table("audit")
      .addColumn("chain", "text", (column) => column.notNull())
      .addColumn("seq", "bigint", (column) => column.notNull())
      .addColumn("at", "bigint", (column) => column.notNull())
      .addColumn("kind", "text", (column) => column.notNull())
      .addColumn("actor", "text", (column) => column.notNull())
      .addColumn("subject", "text", (column) => column.notNull())
      .addColumn("details", "text", (column) => column.notNull())
      .addColumn("prev", "text", (column) => column.notNull())
      .addColumn("hash", "text", (column) => column.notNull())
      .addPrimaryKeyConstraint("audit_key", ["chain", "seq"])
      .compile(),
    schema.createIndex("audit_chains").on("audit").column("chain").where(sql.ref("seq"), "=", sql.lit(1)).compile(),
    ...(dialect === "sqlite" ? wakeTables.map((statement) => sql.raw(statement).compile(build)) : []),
  ];
}
