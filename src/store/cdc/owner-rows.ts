import { sql } from "kysely";
import type { DeskEvent, LearnedRule, OwnMessageRow } from "../../core/cdc.ts";
import type { Database, SqlTransaction } from "../../core/database.ts";
import { prepareInsert, type QueryBuilder } from "../query.ts";
import type { Tables } from "../tables.ts";

const messagesPerInsert = 50;
/** Any number; the same for all processes over one PostgreSQL database. */
const eventLock = 7_420_002;

/** What the owner taught, wrote and set, and what changed on the page. */
export function createOwnerTables(build: QueryBuilder, database: Database) {
  const insertMessages = prepareInsert<Omit<Tables["own_message"], "seq">>((rows) =>
    build.insertInto("own_message").values([...rows]),
  );
  const insertEvent = prepareInsert<Omit<Tables["event"], "seq">>((rows) =>
    build.insertInto("event").values([...rows]),
  );

  return {
    async addRule(transaction: SqlTransaction, rule: LearnedRule): Promise<void> {
      const { id, about, at } = rule;
      await transaction.run(
        build
          .insertInto("learned_rule")
          .values({ id, about, record: JSON.stringify(rule), at })
          .onConflict((conflict) => conflict.column("id").doUpdateSet({ record: JSON.stringify(rule), at }))
          .compile(),
      );
    },
    async removeRule(transaction: SqlTransaction, id: string): Promise<boolean> {
      const { changes } = await transaction.run(build.deleteFrom("learned_rule").where("id", "=", id).compile());
      return changes === 1;
    },
    async rules(about: LearnedRule["about"]): Promise<LearnedRule[]> {
      const query = build.selectFrom("learned_rule").select("record").where("about", "=", about).orderBy("at");
      const rows = await database.read<{ record: string }>(query.compile());
      return rows.map(({ record }) => JSON.parse(record) as LearnedRule);
    },

    async addMessages(
      transaction: SqlTransaction,
      messages: readonly OwnMessageRow[],
      expiresAt: number,
    ): Promise<void> {
      for (let from = 0; from < messages.length; from += messagesPerInsert) {
        const page = messages
          .slice(from, from + messagesPerInsert)
          .map(({ source, channel, to, text, at, observation }) => ({
            source,
            channel: channel ?? null,
            recipient: to ?? null,
            text,
            observation: JSON.stringify(observation),
            at,
            expires_at: expiresAt,
          }));
        await transaction.run(insertMessages(page));
      }
    },
    async forgetMessages(transaction: SqlTransaction, source?: string): Promise<number> {
      const all = build.deleteFrom("own_message");
      const found = source === undefined ? all : all.where("source", "=", source);
      return (await transaction.run(found.compile())).changes;
    },
    async messages(limit: number, withText = false): Promise<OwnMessageRow[]> {
      const query = build
        .selectFrom("own_message")
        .selectAll()
        .orderBy("at", "desc")
        .orderBy("seq", "desc")
        .limit(limit);
      const wanted = withText ? query.where("text", "!=", sql.lit("")) : query;
      const rows = await database.read<Tables["own_message"]>(wanted.compile());
      return rows.toReversed().map(({ source, channel, recipient, text, at, observation }) => ({
        source,
        text,
        at,
        observation: JSON.parse(observation) as OwnMessageRow["observation"],
        ...(channel === null ? {} : { channel }),
        ...(recipient === null ? {} : { to: recipient }),
      }));
    },
    async countMessages(): Promise<{ source: string; count: number; newestAt: number }[]> {
      const query = build
        .selectFrom("own_message")
        .select((select) => [
          "source",
          select.fn.countAll<number>().as("count"),
          select.fn.max<number>("at").as("newest"),
        ])
        .groupBy("source")
        .orderBy("source");
      const rows = await database.read<{ source: string; count: number; newest: number }>(query.compile());
      return rows.map(({ source, count, newest }) => ({ source, count: Number(count), newestAt: Number(newest) }));
    },

    async setFact(transaction: SqlTransaction, key: string, value: unknown): Promise<void> {
      const text = JSON.stringify(value);
      const statement =
        value === undefined
          ? build.deleteFrom("fact").where("key", "=", key)
          : build
              .insertInto("fact")
              .values({ key, value: text })
              .onConflict((conflict) => conflict.column("key").doUpdateSet({ value: text }));
      await transaction.run(statement.compile());
    },
    async factIn(transaction: SqlTransaction, key: string): Promise<unknown> {
      const query = build.selectFrom("fact").select("value").where("key", "=", key);
      const [row] = (await transaction.run<{ value: string }>(query.compile())).rows;
      return row && (JSON.parse(row.value) as unknown);
    },
    async fact(key: string): Promise<unknown> {
      const query = build.selectFrom("fact").select("value").where("key", "=", key);
      const [row] = await database.read<{ value: string }>(query.compile());
      return row && (JSON.parse(row.value) as unknown);
    },

    /** One writer at a time: whoever reads on from the last number that they saw must miss nothing. */
    async addEvent(transaction: SqlTransaction, kind: DeskEvent["kind"], ref: string, at: number): Promise<void> {
      if (database.dialect === "postgres")
        await transaction.run(sql`select pg_advisory_xact_lock(${sql.lit(eventLock)})`.compile(build));
      await transaction.run(insertEvent([{ kind, ref, at }]));
    },
    async events(seq: number, limit: number): Promise<DeskEvent[]> {
      const query = build.selectFrom("event").selectAll().where("seq", ">", seq).orderBy("seq").limit(limit);
      const rows = await database.read<Tables["event"] & { seq: number }>(query.compile());
      return rows.map((row) => ({ seq: row.seq, kind: row.kind as DeskEvent["kind"], ref: row.ref, at: row.at }));
    },
    async lastEvent(): Promise<number> {
      const query = build.selectFrom("event").select((select) => select.fn.max<number | null>("seq").as("seq"));
      return Number((await database.read<{ seq: number | null }>(query.compile()))[0]?.seq ?? 0);
    },
  };
}
