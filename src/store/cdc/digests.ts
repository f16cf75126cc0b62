import type { DigestRecord } from "../../core/cdc.ts";
import type { Database, SqlTransaction } from "../../core/database.ts";
import { prepareInsert, type QueryBuilder } from "../query.ts";
import type { Tables } from "../tables.ts";

const entriesPerInsert = 50;

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
  return {
    async add(transaction: SqlTransaction, digest: DigestRecord, decisionIds: readonly string[]): Promise<boolean> {
      const { id, name, slotAt, text, entries, at } = digest;
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
