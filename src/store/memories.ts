import { sql, type RawBuilder } from "kysely";
import type { Database, SqlTransaction } from "../core/database.ts";
import type { MemoryChange, MemoryLayer, MemoryScopes, MemoryStore, NewMemory } from "../core/memory.ts";
import { beside, isOneOf, parseSeqs, placeRows, toRecord, type MemoryRow, type PlacedRow } from "./memory-rows.ts";
import { prepareInsert, type QueryBuilder } from "./query.ts";
import type { Tables } from "./tables.ts";

/** Rows of one INSERT: bounded by the parameters that SQLite takes. */
const maxRows = 500;

/** Records before a record that are indexed with it. */
const windowReach = 3;

/** Numbers for changes. The row stays locked until the commit, so that numbers appear in their order. */
export async function takeChangeSeqs(build: QueryBuilder, transaction: SqlTransaction, count: number): Promise<number> {
  const { rows } = await transaction.run<{ value: number }>(
    build
      .updateTable("memory_state")
      .set((set) => ({ value: set("value", "+", count) }))
      .where("key", "=", "change")
      .returning("value")
      .compile(),
  );
  return (rows[0]?.value ?? count) - count + 1;
}

/** What is remembered. */
export function createMemoryTable(build: QueryBuilder, database: Database) {
  const { dialect } = database;
  type NewRow = Omit<Tables["memory"], "seq" | "access_count" | "last_access_at" | "gone_at">;
  const insert = (mode: "replace" | "keep") =>
    prepareInsert<NewRow>((rows) =>
      build
        .insertInto("memory")
        .values([...rows])
        .returning("id")
        .onConflict((conflict) =>
          mode === "keep"
            ? conflict.column("id").doNothing()
            : conflict
                .column("id")
                .doUpdateSet((set) => ({
                  layer: set.ref("excluded.layer"),
                  scope: set.ref("excluded.scope"),
                  source: set.ref("excluded.source"),
                  speaker: set.ref("excluded.speaker"),
                  place: set.ref("excluded.place"),
                  text: set.ref("excluded.text"),
                  at: set.ref("excluded.at"),
                  importance: set.ref("excluded.importance"),
                  expires_at: set.ref("excluded.expires_at"),
                  is_pinned: set.ref("excluded.is_pinned"),
                  is_outside: set.ref("excluded.is_outside"),
                  is_gone: sql<number>`0`,
                  gone_at: sql<null>`null`,
                  change_seq: set.ref("excluded.change_seq"),
                }))
                // The same again is no change.
                .where(
                  sql<boolean>`(memory.is_gone, memory.layer, memory.scope, memory.source, memory.speaker, memory.text, memory.at, memory.is_pinned)
                    <> (0, excluded.layer, excluded.scope, excluded.source, excluded.speaker, excluded.text, excluded.at, excluded.is_pinned)
                    or coalesce(memory.place, '') <> coalesce(excluded.place, '')`,
                ),
        ),
    );
  const inserts = { replace: insert("replace"), keep: insert("keep") };

  /** What follows each of these records, by as many steps as a window reaches back. */
  async function findFollowers(
    transaction: SqlTransaction,
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, readonly number[]>> {
    const { rows } = await transaction.run<{ id: string; next: string | null }>(
      sql`select m.id, ${beside(dialect, "after", windowReach)} as next from memory m where ${isOneOf(dialect, "m.id", ids)}`.compile(
        build,
      ),
    );
    return new Map(rows.map(({ id, next }) => [id, parseSeqs(next)]));
  }

  /** They are to be indexed again: what stands before them has changed. */
  async function touch(transaction: SqlTransaction, seqs: readonly number[], base: number): Promise<void> {
    if (seqs.length === 0) return;
    await transaction.run(
      sql`update memory set change_seq = ${base} where change_seq < ${base} and ${isOneOf(dialect, "seq", seqs)}`.compile(
        build,
      ),
    );
  }

  async function putPage(
    transaction: SqlTransaction,
    records: readonly NewMemory[],
    mode: "replace" | "keep",
  ): Promise<void> {
    const ids = records.map(({ id }) => id);
    const base = await takeChangeSeqs(build, transaction, records.length + 1);
    const before = mode === "replace" ? await findFollowers(transaction, ids) : new Map<string, readonly number[]>();
    const { rows } = await transaction.run<{ id: string }>(
      inserts[mode](records.map((record, index) => toRow(record, base + 1 + index))),
    );
    const changed = rows.map(({ id }) => id);
    const after = await findFollowers(transaction, changed);
    await touch(
      transaction,
      changed.flatMap((id) => [...(before.get(id) ?? []), ...(after.get(id) ?? [])]),
      base,
    );
  }

  const inScopes = (scopes: MemoryScopes) =>
    scopes === "all" ? sql<boolean>`1 = 1` : isOneOf(dialect, "m.scope", scopes);

  return {
    /** Ids must differ within one call. */
    async put(
      transaction: SqlTransaction,
      records: readonly NewMemory[],
      mode: "replace" | "keep" = "replace",
    ): Promise<void> {
      for (let start = 0; start < records.length; start += maxRows)
        await putPage(transaction, records.slice(start, start + maxRows), mode);
    },

    async forget(
      transaction: SqlTransaction,
      ids: readonly string[],
      scopes: MemoryScopes,
      now: number,
    ): Promise<readonly string[]> {
      if (ids.length === 0) return [];
      const base = await takeChangeSeqs(build, transaction, 1);
      const { rows } = await transaction.run<{ id: string }>(
        sql`select m.id from memory m where ${isOneOf(dialect, "m.id", ids)} and m.is_gone = 0 and ${inScopes(scopes)}`.compile(
          build,
        ),
      );
      const found = rows.map(({ id }) => id);
      await touch(transaction, [...(await findFollowers(transaction, found)).values()].flat(), base);
      await transaction.run(
        sql`update memory set is_gone = 1, gone_at = ${now}, text = '', speaker = '', place = null, change_seq = ${base}
          where ${isOneOf(dialect, "id", found)}`.compile(build),
      );
      return found;
    },

    /** A record's text was changed otherwise: what follows it is indexed again. */
    async touchAfter(transaction: SqlTransaction, id: string, changeSeq: number): Promise<void> {
      await touch(transaction, [...(await findFollowers(transaction, [id])).values()].flat(), changeSeq);
    },

    /** True when there is such a record within the scopes. */
    async pin(transaction: SqlTransaction, id: string, isPinned: boolean, scopes: MemoryScopes): Promise<boolean> {
      const { changes } = await transaction.run(
        sql`update memory as m set is_pinned = ${isPinned ? 1 : 0} where m.id = ${id} and m.is_gone = 0 and ${inScopes(scopes)}`.compile(
          build,
        ),
      );
      return changes > 0;
    },

    async lastChange(): Promise<number> {
      const query = build.selectFrom("memory_state").select("value").where("key", "=", "change");
      return (await database.read<{ value: number }>(query.compile()))[0]?.value ?? 0;
    },

    async changes(after: number, limit: number, neighbours: number): Promise<readonly MemoryChange[]> {
      const select = (where: RawBuilder<boolean>, rest: RawBuilder<unknown>) =>
        database.read<PlacedRow>(
          sql`select m.*, ${beside(dialect, "before", neighbours)} as before_seqs, null as after_seqs from memory m
            where ${where} order by m.change_seq, m.seq ${rest}`.compile(build),
        );
      const rows = await select(sql`m.change_seq > ${after}`, sql`limit ${limit}`);
      const last = rows.at(-1);
      // Rows that changed together have one number: all of them, or the next page would begin behind some.
      if (last !== undefined && rows.length === limit)
        rows.push(...(await select(sql`m.change_seq = ${last.change_seq} and m.seq > ${last.seq}`, sql``)));
      const live = rows.filter((row) => row.is_gone === 0);
      const places = await placeRows(build, database, live, 0);
      const placeOf = new Map(places.map((place) => [place.record.seq, place]));
      return rows.map((row) => {
        const place = placeOf.get(row.seq);
        return place === undefined
          ? { changeSeq: row.change_seq, id: row.id, isGone: true }
          : { changeSeq: row.change_seq, id: row.id, isGone: false, record: place.record, before: place.before };
      });
    },

    async load(ids: readonly string[], { scopes, now, before, after }: Parameters<MemoryStore["load"]>[1]) {
      if (ids.length === 0) return [];
      const rows = await database.read<PlacedRow>(
        sql`select m.*, ${beside(dialect, "before", before)} as before_seqs, ${beside(dialect, "after", after)} as after_seqs from memory m
          where ${isOneOf(dialect, "m.id", ids)} and ${inScopes(scopes)} and m.is_gone = 0
          and (m.expires_at is null or m.expires_at > ${now} or m.is_pinned = 1)`.compile(build),
      );
      return placeRows(build, database, rows, now);
    },

    async newest(scopes: MemoryScopes, { now, limit, isPinned = false }: Parameters<MemoryStore["newest"]>[1]) {
      const pinned = isPinned ? sql`and m.is_pinned = 1` : sql``;
      const rows = await database.read<MemoryRow>(
        sql`select m.* from memory m where ${inScopes(scopes)} and m.is_gone = 0 ${pinned}
          and (m.expires_at is null or m.expires_at > ${now} or m.is_pinned = 1)
          order by m.at desc, m.seq desc limit ${limit}`.compile(build),
      );
      return rows.map(toRecord);
    },

    async texts(ids: readonly string[]) {
      const rows = await database.read<{ id: string; text: string }>(
        sql`select m.id, m.text from memory m where ${isOneOf(dialect, "m.id", ids)} and m.is_gone = 0`.compile(build),
      );
      return new Map(rows.map(({ id, text }) => [id, text]));
    },

    async page(afterSeq: number, limit: number) {
      const query = build
        .selectFrom("memory")
        .selectAll()
        .where("seq", ">", afterSeq)
        .where("is_gone", "=", sql.lit(0))
        .orderBy("seq")
        .limit(limit);
      return (await database.read<MemoryRow>(query.compile())).map(toRecord);
    },

    async idsOfSource(source: string) {
      const query = build
        .selectFrom("memory")
        .select("id")
        .where("source", "=", source)
        .where("is_gone", "=", sql.lit(0));
      return (await database.read<{ id: string }>(query.compile())).map(({ id }) => id);
    },

    async sources(prefix: string) {
      const query = build
        .selectFrom("memory")
        .select("source")
        .distinct()
        .where(sql<boolean>`substr(source, 1, ${prefix.length}) = ${prefix}`)
        .where("is_gone", "=", sql.lit(0));
      return (await database.read<{ source: string }>(query.compile())).map(({ source }) => source);
    },

    async counts() {
      const rows = await database.read<{ layer: MemoryLayer; is_gone: number; count: number; pinned: number }>(
        sql`select layer, is_gone, count(*) as count, sum(is_pinned) as pinned from memory group by layer, is_gone`.compile(
          build,
        ),
      );
      const live = rows.filter((row) => row.is_gone === 0);
      const of = (layer: MemoryLayer) => Number(live.find((row) => row.layer === layer)?.count ?? 0);
      return {
        byLayer: { interact: of("interact"), insights: of("insights"), assets: of("assets") },
        pinned: live.reduce((sum, row) => sum + Number(row.pinned), 0),
        forgotten: rows.reduce((sum, row) => sum + (row.is_gone === 1 ? Number(row.count) : 0), 0),
      };
    },

    async hasFewer(scopes: MemoryScopes, than: number) {
      const [row] = await database.read<{ count: number }>(
        sql`select count(*) as count from (select 1 from memory m where ${inScopes(scopes)} and m.is_gone = 0 limit ${than}) found`.compile(
          build,
        ),
      );
      return Number(row?.count ?? 0) < than;
    },
  };
}

function toRow(record: NewMemory, changeSeq: number) {
  return {
    id: record.id,
    layer: record.layer,
    scope: record.scope,
    source: record.source,
    speaker: record.speaker,
    place: record.place ?? null,
    text: record.text,
    at: record.at,
    importance: record.importance,
    expires_at: record.expiresAt ?? null,
    is_pinned: record.isPinned ? 1 : 0,
    is_outside: record.isOutside ? 1 : 0,
    is_gone: 0,
    change_seq: changeSeq,
  };
}
