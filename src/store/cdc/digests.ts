import { sql } from "kysely";
import type { DigestRecord } from "../../core/cdc.ts";
import type { Database, SqlTransaction } from "../../core/database.ts";
import { prepareInsert, type QueryBuilder } from "../query.ts";
import type { Tables } from "../tables.ts";

const entriesPerInsert = 50;
/** Any number; the same for all processes over one PostgreSQL database. */
const digestLock = 7_420_003;

function toDigest(row: Tables["digest"]): DigestRecord {
  return { id: row.id, name: row.name, slotAt: row.slot_at, text: row.text, entries: row.entries, at: row.at };
}

/**
 * Digests, and which decisions each tells of. Entries are rows, not a span of numbers: with several writers a lower
 * number may become visible after a higher one.
 */
export function createDigestTable(build: QueryBuilder, database: Database) {
  const insertEntries = prepareInsert<Tables["digest_entry"]>((rows) =>
    build
      .insertInto("digest_entry")
      .values([...rows])
      .onConflict((conflict) => conflict.doNothing()),
  );

  /** Somebody else told of a later slot, or of one of these decisions: a process that stalled comes too late. */
  async function isOverdue(
    transaction: SqlTransaction,
    name: string,
    slotAt: number,
    decisionIds: readonly string[],
  ): Promise<boolean> {
    if (database.dialect === "postgres")
      await transaction.run(sql`select pg_advisory_xact_lock(${sql.lit(digestLock)})`.compile(build));
    const later = build
      .selectFrom("digest")
      .select("id")
      .where("name", "=", name)
      .where("slot_at", ">=", slotAt)
      .limit(1);
    if ((await transaction.run(later.compile())).rows.length > 0) return true;
    for (let from = 0; from < decisionIds.length; from += entriesPerInsert) {
      const told = build
        .selectFrom("digest_entry")
        .select("decision_id")
        .where("name", "=", name)
        .where("decision_id", "in", decisionIds.slice(from, from + entriesPerInsert))
        .limit(1);
      if ((await transaction.run(told.compile())).rows.length > 0) return true;
    }
    return false;
  }

  return {
    async add(transaction: SqlTransaction, digest: DigestRecord, decisionIds: readonly string[]): Promise<boolean> {
      const { id, name, slotAt, text, entries, at } = digest;
      if (await isOverdue(transaction, name, slotAt, decisionIds)) return false;
      const insert = build
        .insertInto("digest")
        .values({ id, name, slot_at: slotAt, text, entries, at })
        .onConflict((conflict) => conflict.doNothing());
      if ((await transaction.run(insert.compile())).changes !== 1) return false;
      for (let from = 0; from < decisionIds.length; from += entriesPerInsert) {
        const page = decisionIds.slice(from, from + entriesPerInsert);
        await transaction.run(insertEntries(page.map((decision) => ({ name, decision_id: decision, at }))));
      }
      return true;
    },
    async last(name: string): Promise<DigestRecord | undefined> {
      const query = build.selectFrom("digest").selectAll().where("name", "=", name).orderBy("slot_at", "desc").limit(1);
      const [row] = await database.read<Tables["digest"]>(query.compile());
      return row && toDigest(row);
    },
    async list(limit: number): Promise<DigestRecord[]> {
      const query = build.selectFrom("digest").selectAll().orderBy("at", "desc").limit(limit);
      return (await database.read<Tables["digest"]>(query.compile())).map(toDigest);
    },
  };
}
