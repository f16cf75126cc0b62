import { sql, type CompiledQuery } from "kysely";
import type { QueryBuilder } from "../query.ts";

/** Decisions about mail, and what hangs on them. Facts, rules, drafts and promises are few; decisions are many. */
export function upCdc({ schema }: QueryBuilder, dialect: "sqlite" | "postgres"): CompiledQuery[] {
  const sequence = dialect === "sqlite" ? sql`integer primary key autoincrement` : sql`bigserial primary key`;
  return [
    schema
      .createTable("decision")
      .addColumn("seq", sequence)
      .addColumn("id", "text", (column) => column.notNull().unique())
      .addColumn("channel", "text", (column) => column.notNull())
      .addColumn("message_id", "text", (column) => column.notNull())
      .addColumn("conversation", "text", (column) => column.notNull())
      .addColumn("sender_id", "text", (column) => column.notNull())
      .addColumn("action", "text", (column) => column.notNull())
      .addColumn("needs_owner", "integer", (column) => column.notNull())
      .addColumn("is_answer", "integer", (column) => column.notNull())
      .addColumn("correction", "text")
      /** The whole record as JSON. */
      .addColumn("record", "text", (column) => column.notNull())
      .addColumn("at", "bigint", (column) => column.notNull())
      .addUniqueConstraint("decision_once", ["channel", "message_id"])
      .compile(),
    schema.createIndex("decision_at").on("decision").column("at").compile(),
    schema.createIndex("decision_conversation").on("decision").columns(["conversation", "at"]).compile(),
    schema
      .createIndex("decision_answers")
      .on("decision")
      .columns(["channel", "at"])
      .where(sql.ref("is_answer"), "=", sql.lit(1))
      .compile(),
    schema
      .createIndex("decision_owner")
      .on("decision")
      .column("at")
      .where(sql.ref("needs_owner"), "=", sql.lit(1))
      .compile(),
    schema
      .createTable("thread")
      .addColumn("conversation", "text", (column) => column.primaryKey())
      .addColumn("status", "text", (column) => column.notNull())
      .addColumn("reason", "text", (column) => column.notNull())
      .addColumn("they_wrote_at", "bigint", (column) => column.notNull())
      .addColumn("owner_wrote_at", "bigint", (column) => column.notNull())
      .addColumn("we_wrote_at", "bigint", (column) => column.notNull())
      .addColumn("exchanges", "integer", (column) => column.notNull())
      .addColumn("events", "text", (column) => column.notNull())
      .addColumn("snoozed_until", "bigint", (column) => column.notNull())
      .addColumn("updated_at", "bigint", (column) => column.notNull())
      .compile(),
    schema.createIndex("thread_status").on("thread").columns(["status", "updated_at"]).compile(),
    schema
      .createTable("draft")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("conversation", "text", (column) => column.notNull())
      .addColumn("outbound_id", "text", (column) => column.notNull().unique())
      .addColumn("state", "text", (column) => column.notNull())
      .addColumn("snoozed_until", "bigint", (column) => column.notNull())
      .addColumn("expires_at", "bigint", (column) => column.notNull())
      /** The whole record as JSON, but for the columns beside it. */
      .addColumn("record", "text", (column) => column.notNull())
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("updated_at", "bigint", (column) => column.notNull())
      .compile(),
    // One draft per thread until it is answered.
    schema
      .createIndex("draft_open")
      .unique()
      .on("draft")
      .column("conversation")
      .where(sql.ref("state"), "=", sql.lit("pending"))
      .compile(),
    schema.createIndex("draft_age").on("draft").column("created_at").compile(),
    schema
      .createIndex("draft_pending")
      .on("draft")
      .column("created_at")
      .where(sql.ref("state"), "=", sql.lit("pending"))
      .compile(),
    schema
      .createTable("follow_up")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("conversation", "text", (column) => column.notNull())
      .addColumn("kind", "text", (column) => column.notNull())
      .addColumn("ref", "text", (column) => column.notNull())
      .addColumn("reason", "text", (column) => column.notNull())
      .addColumn("state", "text", (column) => column.notNull())
      .addColumn("due_at", "bigint", (column) => column.notNull())
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .compile(),
    schema
      .createIndex("follow_up_due")
      .on("follow_up")
      .column("due_at")
      .where(sql.ref("state"), "=", sql.lit("waiting"))
      .compile(),
    schema
      .createIndex("follow_up_conversation")
      .on("follow_up")
      .column("conversation")
      .where(sql.ref("state"), "=", sql.lit("waiting"))
      .compile(),
    schema
      .createTable("promise")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("conversation", "text", (column) => column.notNull())
      .addColumn("state", "text", (column) => column.notNull())
      .addColumn("record", "text", (column) => column.notNull())
      .addColumn("at", "bigint", (column) => column.notNull())
      .compile(),
    schema.createIndex("promise_open").on("promise").columns(["state", "at"]).compile(),
    schema
      .createIndex("promise_conversation")
      .on("promise")
      .columns(["conversation", "at"])
      .where(sql.ref("state"), "=", sql.lit("open"))
      .compile(),
    schema
      .createTable("learned_rule")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("about", "text", (column) => column.notNull())
      .addColumn("record", "text", (column) => column.notNull())
      .addColumn("at", "bigint", (column) => column.notNull())
      .compile(),
    schema
      .createTable("digest")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("slot_at", "bigint", (column) => column.notNull())
      .addColumn("text", "text", (column) => column.notNull())
      .addColumn("entries", "integer", (column) => column.notNull())
      .addColumn("at", "bigint", (column) => column.notNull())
      .addUniqueConstraint("digest_once", ["name", "slot_at"])
      .compile(),
    schema
      .createTable("digest_entry")
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("decision_id", "text", (column) => column.notNull())
      .addColumn("at", "bigint", (column) => column.notNull())
      .addPrimaryKeyConstraint("digest_entry_once", ["name", "decision_id"])
      .compile(),
    schema
      .createTable("own_message")
      .addColumn("seq", sequence)
      .addColumn("source", "text", (column) => column.notNull())
      .addColumn("channel", "text")
      .addColumn("recipient", "text")
      .addColumn("text", "text", (column) => column.notNull())
      .addColumn("observation", "text", (column) => column.notNull())
      .addColumn("at", "bigint", (column) => column.notNull())
      .addColumn("expires_at", "bigint", (column) => column.notNull())
      .compile(),
    schema
      .createIndex("own_message_expiry")
      .on("own_message")
      .column("expires_at")
      .where(sql.ref("text"), "!=", sql.lit(""))
      .compile(),
    schema.createIndex("own_message_at").on("own_message").column("at").compile(),
    schema
      .createIndex("own_message_words")
      .on("own_message")
      .column("at")
      .where(sql.ref("text"), "!=", sql.lit(""))
      .compile(),
    schema.createIndex("own_message_source").on("own_message").columns(["source", "at"]).compile(),
    schema
      .createTable("fact")
      .addColumn("key", "text", (column) => column.primaryKey())
      .addColumn("value", "text", (column) => column.notNull())
      .compile(),
    schema
      .createTable("event")
      .addColumn("seq", sequence)
      .addColumn("kind", "text", (column) => column.notNull())
      .addColumn("ref", "text", (column) => column.notNull())
      .addColumn("at", "bigint", (column) => column.notNull())
      .compile(),
    schema.createIndex("event_at").on("event").column("at").compile(),
  ];
}
