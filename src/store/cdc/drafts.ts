import { sql } from "kysely";
import type { CdcTransaction, DraftRecord, DraftState } from "../../core/cdc.ts";
import type { Database, SqlTransaction } from "../../core/database.ts";
import type { OutboundMessage } from "../../core/message.ts";
import type { QueryBuilder } from "../query.ts";
import type { Tables } from "../tables.ts";

type Row = Tables["draft"];
type Kept = Omit<DraftRecord, "state" | "snoozedUntil" | "expiresAt" | "createdAt" | "updatedAt">;

function toDraft(row: Row): DraftRecord {
  return {
    ...(JSON.parse(row.record) as Kept),
    state: row.state as DraftState,
    snoozedUntil: row.snoozed_until,
    expiresAt: row.expires_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function toRecord({ state, snoozedUntil, expiresAt, createdAt, updatedAt, ...kept }: DraftRecord): string {
  void [state, snoozedUntil, expiresAt, createdAt, updatedAt];
  return JSON.stringify(kept satisfies Kept);
}

/** Answers that wait for the owner, each answered once, whoever was first. */
export function createDraftTable(build: QueryBuilder, database: Database) {
  const rows = () => build.selectFrom("draft").selectAll();
  const isPending = () => rows().where("state", "=", sql.lit("pending"));

  /** Locks the row where other writers are possible, so that of two answers one finds it answered. */
  async function loadPending(transaction: SqlTransaction, id: string): Promise<DraftRecord | undefined> {
    const query = isPending().where("id", "=", id);
    const locked = database.dialect === "postgres" ? query.forUpdate() : query;
    const [row] = (await transaction.run<Row>(locked.compile())).rows;
    return row && toDraft(row);
  }

  async function replace(transaction: SqlTransaction, draft: DraftRecord, at: number): Promise<void> {
    const set = {
      state: draft.state,
      record: toRecord(draft),
      snoozed_until: draft.snoozedUntil,
      expires_at: draft.expiresAt,
      updated_at: at,
    };
    await transaction.run(build.updateTable("draft").set(set).where("id", "=", draft.id).compile());
  }

  return {
    async add(transaction: SqlTransaction, draft: DraftRecord): Promise<boolean> {
      const row = {
        id: draft.id,
        conversation: draft.conversation,
        outbound_id: draft.message.id,
        state: draft.state,
        snoozed_until: draft.snoozedUntil,
        expires_at: draft.expiresAt,
        record: toRecord(draft),
        created_at: draft.createdAt,
        updated_at: draft.updatedAt,
      };
      const insert = build
        .insertInto("draft")
        .values(row)
        .onConflict((conflict) => conflict.doNothing());
      return (await transaction.run(insert.compile())).changes === 1;
    },

    async answer(
      transaction: SqlTransaction,
      id: string,
      change: Parameters<CdcTransaction["answerDraft"]>[1],
      at: number,
    ): Promise<boolean> {
      const draft = await loadPending(transaction, id);
      if (draft === undefined) return false;
      const { state, by, message = draft.message, sentText } = change;
      const answered = { ...draft, state, message, answeredBy: by, ...(sentText === undefined ? {} : { sentText }) };
      await replace(transaction, answered, at);
      return true;
    },

    async revise(transaction: SqlTransaction, id: string, message: OutboundMessage, at: number): Promise<boolean> {
      const draft = await loadPending(transaction, id);
      if (draft !== undefined) await replace(transaction, { ...draft, message }, at);
      return draft !== undefined;
    },

    async snooze(transaction: SqlTransaction, id: string, until: number, at: number): Promise<boolean> {
      const draft = await loadPending(transaction, id);
      if (draft === undefined) return false;
      const expiresAt = Math.max(draft.expiresAt, until + 86_400_000);
      await replace(transaction, { ...draft, snoozedUntil: until, expiresAt }, at);
      return draft !== undefined;
    },

    async settle(
      transaction: SqlTransaction,
      outboundId: string,
      state: "sent" | "undeliverable",
      at: number,
    ): Promise<void> {
      await transaction.run(
        build
          .updateTable("draft")
          .set({ state, updated_at: at })
          .where("outbound_id", "=", outboundId)
          .where("state", "in", ["approved", "edited"])
          .compile(),
      );
    },

    async load(id: string): Promise<DraftRecord | undefined> {
      const [row] = await database.read<Row>(rows().where("id", "=", id).compile());
      return row && toDraft(row);
    },

    async open(conversation: string): Promise<DraftRecord | undefined> {
      const [row] = await database.read<Row>(isPending().where("conversation", "=", conversation).compile());
      return row && toDraft(row);
    },

    async pending(now: number, limit: number, withSnoozed = false): Promise<DraftRecord[]> {
      const query = isPending().orderBy("created_at").limit(limit);
      const shown = withSnoozed ? query : query.where("snoozed_until", "<=", now);
      return (await database.read<Row>(shown.compile())).map(toDraft);
    },

    async recent(since: number, limit: number): Promise<DraftRecord[]> {
      const query = rows().where("created_at", ">", since).orderBy("created_at", "desc").limit(limit);
      return (await database.read<Row>(query.compile())).map(toDraft);
    },

    async expired(now: number, limit: number): Promise<DraftRecord[]> {
      const query = isPending().where("expires_at", "<=", now).limit(limit);
      return (await database.read<Row>(query.compile())).map(toDraft);
    },
  };
}
