import { sql } from "kysely";
import type { Database, SqlTransaction } from "../core/database.ts";
import type { InboundMessage } from "../core/message.ts";
import type { InboxItem } from "../core/store.ts";
import { prepare, prepareInsert, preparePerCount, type QueryBuilder } from "./query.ts";
import type { Tables } from "./tables.ts";

type InboxRow = { seq: number; conversation: string; message: string; received_at: number };

export function toInboxItem(row: InboxRow): InboxItem {
  return {
    seq: row.seq,
    conversation: row.conversation,
    message: JSON.parse(row.message) as InboundMessage,
    receivedAt: row.received_at,
  };
}

/** Everything that came in, kept long enough to recognise every redelivery. */
export function createInboxTable(build: QueryBuilder, database: Database) {
  const unread = (conversation: string) =>
    build
      .selectFrom("inbox")
      .select(["seq", "conversation", "message", "received_at"])
      .where("conversation", "=", conversation)
      .where("state", "=", sql.lit("new"))
      .orderBy("seq");
  const firstUnread = prepare<{ conversation: string }>((values) => unread(values.conversation).limit(1));
  const someUnread = prepare<{ conversation: string; limit: number }>((values) =>
    unread(values.conversation).limit(values.limit),
  );
  const insert = prepareInsert<Omit<Tables["inbox"], "seq" | "turn_id">>((rows) =>
    build
      .insertInto("inbox")
      .values([...rows])
      .onConflict((conflict) => conflict.columns(["channel", "external_id"]).doNothing()),
  );
  const done = preparePerCount<number | string>(([turnId, ...seqs]) =>
    build
      .updateTable("inbox")
      .set({ state: sql.lit("done"), turn_id: turnId as string })
      .where("seq", "in", seqs as number[]),
  );

  return {
    async add(
      transaction: SqlTransaction,
      message: InboundMessage,
      conversation: string,
      state: "new" | "done",
      at: number,
    ): Promise<boolean> {
      const row = {
        channel: message.address.channel,
        external_id: message.id,
        conversation,
        message: JSON.stringify(message),
        state,
        received_at: at,
      };
      return (await transaction.run(insert([row]))).changes === 1;
    },

    async markDone(transaction: SqlTransaction, seqs: readonly number[], turnId: string): Promise<void> {
      if (seqs.length === 0) return;
      await transaction.run(done([turnId, ...seqs]));
    },

    async reopen(transaction: SqlTransaction, turnId: string): Promise<string[]> {
      const update = build
        .updateTable("inbox")
        .set({ state: "new", turn_id: null })
        .where("turn_id", "=", turnId)
        .returning("conversation");
      const { rows } = await transaction.run<{ conversation: string }>(update.compile());
      return [...new Set(rows.map((row) => row.conversation))];
    },

    async hasUnread(transaction: SqlTransaction, conversation: string): Promise<boolean> {
      return (await transaction.run(firstUnread({ conversation }))).rows.length > 0;
    },

    async unread(conversation: string, limit: number): Promise<InboxItem[]> {
      return (await database.read<InboxRow>(someUnread({ conversation, limit }))).map(toInboxItem);
    },

    async bySeqs(seqs: readonly number[]): Promise<InboxItem[]> {
      if (seqs.length === 0) return [];
      const query = build
        .selectFrom("inbox")
        .select(["seq", "conversation", "message", "received_at"])
        .where("seq", "in", [...seqs])
        .orderBy("seq");
      return (await database.read<InboxRow>(query.compile())).map(toInboxItem);
    },

    /** Conversations with old unread mail that no live lease covers. */
    async forgotten(now: number, olderThan: number, limit: number): Promise<string[]> {
      const query = build
        .selectFrom("inbox")
        .leftJoin("conversation", "conversation.id", "inbox.conversation")
        .select("inbox.conversation")
        .distinct()
        .where("inbox.state", "=", sql.lit("new"))
        .where("inbox.received_at", "<", olderThan)
        .where((where) =>
          where.or([
            where("conversation.lease_until", "is", null),
            where.and([where("conversation.lease_until", "<", now), where("conversation.retry_at", "<=", now)]),
          ]),
        )
        .limit(limit);
      return (await database.read<{ conversation: string }>(query.compile())).map((row) => row.conversation);
    },
  };
}
