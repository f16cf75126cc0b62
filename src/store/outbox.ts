import { sql } from "kysely";
import type { Database, SqlTransaction } from "../core/database.ts";
import type { OutboundMessage } from "../core/message.ts";
import type { OutboxClaim, OutboxItem, OutboxState, StoreTransaction } from "../core/store.ts";
import { prepare, prepareInsert, type QueryBuilder } from "./query.ts";
import type { Tables } from "./tables.ts";

type Row = Tables["outbox"] & { seq: number };

function toItem(row: Row): OutboxItem {
  return {
    seq: row.seq,
    message: JSON.parse(row.message) as OutboundMessage,
    conversation: row.conversation,
    state: row.state as OutboxState,
    attempts: row.attempts,
    parts: JSON.parse(row.parts) as string[],
    nextAt: row.next_at,
    ...(row.hint === null ? {} : { hint: row.hint }),
    ...(row.preview_id === null ? {} : { previewId: row.preview_id }),
    ...(row.error === null ? {} : { error: row.error }),
  };
}

/** What goes out, in order within each conversation: a row waits while an earlier one is neither sent nor settled. */
export function createOutboxTable(build: QueryBuilder, database: Database) {
  /** Not in the hands of a live process, and first of its conversation. */
  const isFree = (
    now: number,
  ) => sql<boolean>`(outbox.state = 'pending' or (outbox.state = 'sending' and outbox.owned_until < ${now}))
    and not exists (select 1 from outbox as earlier where earlier.conversation = outbox.conversation
      and earlier.state in ('pending', 'sending') and earlier.seq < outbox.seq)`;

  const insert = prepareInsert<Omit<Row, "seq" | "hint" | "preview_id" | "error">>((rows) =>
    build
      .insertInto("outbox")
      .values([...rows])
      // A reply that was shown while it was written takes the place of its preview.
      .onConflict((conflict) =>
        conflict
          .column("id")
          .doUpdateSet((set) => ({
            message: set.ref("excluded.message"),
            state: set.ref("excluded.state"),
            owner: set.ref("excluded.owner"),
            owned_until: set.ref("excluded.owned_until"),
            next_at: set.ref("excluded.next_at"),
          }))
          .where("outbox.state", "=", sql.lit("preview")),
      ),
  );
  const earlierOf = prepare<{ conversation: string }>((values) =>
    build.selectFrom("outbox").select("seq").where("conversation", "=", values.conversation).where(isOpen).limit(1),
  );
  const markSent = prepare<{ id: string; parts: string }>((values) =>
    build
      .updateTable("outbox")
      .set({ state: sql.lit("sent"), owner: null, owned_until: 0, parts: values.parts })
      .where("id", "=", values.id),
  );
  const claimOne = prepare<{ id: string; owner: string; now: number; until: number; hint: string | null }>((values) =>
    build
      .updateTable("outbox")
      .set((set) => ({
        state: sql.lit("sending"),
        owner: values.owner,
        owned_until: values.until,
        attempts: set("attempts", "+", 1),
        hint: values.hint,
      }))
      .where("id", "=", values.id)
      .where(isFree(values.now)),
  );

  return {
    async add(
      transaction: SqlTransaction,
      messages: readonly OutboundMessage[],
      conversation: string,
      claim: OutboxClaim | undefined,
      at: number,
    ): Promise<boolean> {
      if (messages.length === 0) return false;
      const taken =
        claim !== undefined && (await transaction.run(earlierOf({ conversation }))).rows.length === 0
          ? claim
          : undefined;
      const rows = messages.map((message) => ({
        id: message.id,
        conversation,
        channel: message.address.channel,
        message: JSON.stringify(message),
        state: taken === undefined ? "pending" : "sending",
        attempts: 0,
        parts: "[]",
        owner: taken?.owner ?? null,
        owned_until: taken?.until ?? 0,
        next_at: at,
        created_at: at,
      }));
      await transaction.run(insert(rows));
      return taken !== undefined;
    },

    async addPreview(
      transaction: SqlTransaction,
      message: OutboundMessage,
      conversation: string,
      hint: string | undefined,
      at: number,
    ): Promise<boolean> {
      if ((await transaction.run(earlierOf({ conversation }))).rows.length > 0) return false;
      const row = {
        id: message.id,
        conversation,
        channel: message.address.channel,
        message: JSON.stringify(message),
        state: "preview",
        attempts: 0,
        parts: "[]",
        hint: hint ?? null,
        owned_until: 0,
        next_at: at,
        created_at: at,
      };
      const added = build
        .insertInto("outbox")
        .values(row)
        .onConflict((conflict) => conflict.column("id").doNothing());
      return (await transaction.run(added.compile())).changes === 1;
    },

    async savePreview(transaction: SqlTransaction, id: string, platformId: string): Promise<void> {
      const update = build
        .updateTable("outbox")
        .set({ preview_id: platformId })
        .where("id", "=", id)
        .where("state", "=", sql.lit("preview"));
      await transaction.run(update.compile());
    },

    async settlePreviews(transaction: SqlTransaction, conversation: string): Promise<void> {
      const update = build
        .updateTable("outbox")
        .set({ state: "sent" })
        .where("conversation", "=", conversation)
        .where("state", "=", sql.lit("preview"));
      await transaction.run(update.compile());
    },

    async markSent(transaction: SqlTransaction, id: string, parts: readonly string[]): Promise<void> {
      await transaction.run(markSent({ id, parts: JSON.stringify(parts) }));
    },

    async update(
      transaction: SqlTransaction,
      id: string,
      change: Parameters<StoreTransaction["updateOutbox"]>[1],
    ): Promise<void> {
      const set: Partial<Row> = {
        ...(change.state === undefined ? {} : { state: change.state }),
        ...(change.attempts === undefined ? {} : { attempts: change.attempts }),
        ...(change.parts === undefined ? {} : { parts: JSON.stringify(change.parts) }),
        ...(change.hint === undefined ? {} : { hint: change.hint }),
        ...(change.nextAt === undefined ? {} : { next_at: change.nextAt }),
        ...(change.owner === undefined ? {} : { owner: change.owner }),
        ...(change.ownedUntil === undefined ? {} : { owned_until: change.ownedUntil }),
        ...(change.error === undefined ? {} : { error: change.error }),
      };
      await transaction.run(build.updateTable("outbox").set(set).where("id", "=", id).compile());
    },

    async due(channel: string, now: number, limit: number): Promise<OutboxItem[]> {
      const query = build
        .selectFrom("outbox")
        .selectAll()
        .where("channel", "=", channel)
        .where(isOpen)
        .where("next_at", "<=", now)
        .where(isFree(now))
        .orderBy("seq")
        .limit(limit);
      return (await database.read<Row>(query.compile())).map(toItem);
    },

    async claim(id: string, owner: string, now: number, ttlMs: number, hint: string | undefined): Promise<boolean> {
      const statement = claimOne({ id, owner, now, until: now + ttlMs, hint: hint ?? null });
      return (await database.run(statement)).changes === 1;
    },

    async holds(id: string, owner: string): Promise<boolean> {
      const query = build
        .selectFrom("outbox")
        .select("id")
        .where("id", "=", id)
        .where("owner", "=", owner)
        .where("state", "=", sql.lit("sending"));
      return (await database.read(query.compile())).length === 1;
    },

    async renew(owner: string, ids: readonly string[], until: number): Promise<void> {
      if (ids.length === 0) return;
      const update = build
        .updateTable("outbox")
        .set({ owned_until: until })
        .where("owner", "=", owner)
        .where("id", "in", [...ids])
        .where("state", "=", "sending")
        .where(isOpen);
      await database.run(update.compile());
    },

    async load(id: string): Promise<OutboxItem | undefined> {
      const [row] = await database.read<Row>(build.selectFrom("outbox").selectAll().where("id", "=", id).compile());
      return row && toItem(row);
    },

    async uncertain(limit: number): Promise<OutboxItem[]> {
      const query = build
        .selectFrom("outbox")
        .selectAll()
        .where("state", "=", sql.lit("uncertain"))
        .orderBy("seq")
        .limit(limit);
      return (await database.read<Row>(query.compile())).map(toItem);
    },
  };
}

/** In the words of the partial index, so that the planner takes it. */
const isOpen = sql<boolean>`outbox.state in ('pending', 'sending')`;
