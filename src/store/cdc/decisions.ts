import { sql } from "kysely";
import type { CdcStore, DecisionRecord } from "../../core/cdc.ts";
import type { Database, SqlTransaction } from "../../core/database.ts";
import { prepareInsert, type QueryBuilder } from "../query.ts";
import type { Tables } from "../tables.ts";

type Row = Pick<Tables["decision"], "record" | "correction">;

const answers: ReadonlySet<string> = new Set(["reply", "draft", "ask-approval"]);

type AnswersOf = Parameters<CdcStore["countAnswers"]>[0];
type CountRow = { sender: number | null; thread: number | null; channel: number; newest: number | null };
/** Any number; the same for all processes over one PostgreSQL database. */
const answerLock = 7_420;

function toCounts([row]: readonly CountRow[]): Awaited<ReturnType<CdcStore["countAnswers"]>> {
  return {
    sender: Number(row?.sender ?? 0),
    thread: Number(row?.thread ?? 0),
    channel: Number(row?.channel ?? 0),
    newestAt: Number(row?.newest ?? 0),
  };
}

function toDecision({ record, correction }: Row): DecisionRecord {
  const decision = JSON.parse(record) as DecisionRecord;
  return correction === null
    ? decision
    : { ...decision, correction: correction as NonNullable<DecisionRecord["correction"]> };
}

/** Why each message was answered, drafted for, told or left alone. */
export function createDecisionTable(build: QueryBuilder, database: Database) {
  const insert = prepareInsert<Omit<Tables["decision"], "seq" | "correction">>((rows) =>
    build
      .insertInto("decision")
      .values([...rows])
      .onConflict((conflict) =>
        conflict.columns(["channel", "message_id"]).doUpdateSet((set) => ({
          action: set.ref("excluded.action"),
          needs_owner: set.ref("excluded.needs_owner"),
          is_answer: set.ref("excluded.is_answer"),
          record: set.ref("excluded.record"),
          at: set.ref("excluded.at"),
        })),
      ),
  );
  const countOf = (of: AnswersOf, since: number) =>
    build
      .selectFrom("decision")
      .select((select) => [
        sql<number>`sum(case when sender_id = ${of.senderId} then 1 else 0 end)`.as("sender"),
        sql<number>`sum(case when conversation = ${of.conversation} then 1 else 0 end)`.as("thread"),
        select.fn.countAll<number>().as("channel"),
        select.fn.max("at").as("newest"),
      ])
      .where("channel", "=", of.channel)
      .where("is_answer", "=", sql.lit(1))
      .where("at", ">", since)
      .compile();
  const rows = () => build.selectFrom("decision").select(["record", "correction"]);

  return {
    async add(transaction: SqlTransaction, decision: DecisionRecord): Promise<void> {
      const known = build
        .selectFrom("decision")
        .select("id")
        .where("channel", "=", decision.channel)
        .where("message_id", "=", decision.messageId);
      // Decided upon anew, it keeps the name under which people may have seen it.
      const [before] = (await transaction.run<{ id: string }>(known.compile())).rows;
      const { action, tellsOwner, at } = decision;
      const row = {
        id: before?.id ?? decision.id,
        channel: decision.channel,
        message_id: decision.messageId,
        conversation: decision.conversation,
        sender_id: decision.senderId,
        action,
        needs_owner: tellsOwner || action === "draft" || action === "ask-approval" ? 1 : 0,
        is_answer: answers.has(action) && decision.isWithAnother !== true ? 1 : 0,
        record: JSON.stringify({ ...decision, id: before?.id ?? decision.id }),
        at,
      };
      await transaction.run(insert([row]));
    },

    async correct(transaction: SqlTransaction, id: string, correction: "asks" | "ignore"): Promise<void> {
      await transaction.run(build.updateTable("decision").set({ correction }).where("id", "=", id).compile());
    },

    async load(id: string): Promise<DecisionRecord | undefined> {
      const [row] = await database.read<Row>(rows().where("id", "=", id).compile());
      return row && toDecision(row);
    },

    async ofMessage(channel: string, messageId: string): Promise<DecisionRecord | undefined> {
      const query = rows().where("channel", "=", channel).where("message_id", "=", messageId);
      const [row] = await database.read<Row>(query.compile());
      return row && toDecision(row);
    },

    async list(filter: Parameters<CdcStore["decisions"]>[0]): Promise<DecisionRecord[]> {
      let query = rows().orderBy("at", "desc").orderBy("seq", "desc").limit(filter.limit);
      if (filter.conversation !== undefined) query = query.where("conversation", "=", filter.conversation);
      if (filter.needsOwner === true) query = query.where("needs_owner", "=", sql.lit(1));
      if (filter.since !== undefined) query = query.where("at", ">", filter.since);
      return (await database.read<Row>(query.compile())).map(toDecision);
    },

    async countAnswers(of: AnswersOf, since: number): ReturnType<CdcStore["countAnswers"]> {
      return toCounts(await database.read<CountRow>(countOf(of, since)));
    },

    /** One at a time for each channel, so that answers of one moment do not pass the limit together. */
    async countAnswersLocked(
      transaction: SqlTransaction,
      of: AnswersOf,
      since: number,
    ): ReturnType<CdcStore["countAnswers"]> {
      if (database.dialect === "postgres")
        await transaction.run(
          sql`select pg_advisory_xact_lock(${sql.lit(answerLock)}, hashtext(${of.channel}))`.compile(build),
        );
      return toCounts((await transaction.run<CountRow>(countOf(of, since))).rows);
    },

    async undigested(name: string, since: number, limit: number): Promise<DecisionRecord[]> {
      const query = rows()
        .where("at", ">", since)
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom("digest_entry")
                .select("digest_entry.decision_id")
                .where("digest_entry.name", "=", name)
                .whereRef("digest_entry.decision_id", "=", "decision.id"),
            ),
          ),
        )
        .orderBy("at")
        .orderBy("seq")
        .limit(limit);
      return (await database.read<Row>(query.compile())).map(toDecision);
    },
  };
}
