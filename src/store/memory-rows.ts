import { sql, type RawBuilder, type Selectable } from "kysely";
import type { Database } from "../core/database.ts";
import type { MemoryInPlace, MemoryLayer, MemoryRecord, MemoryScope } from "../core/memory.ts";
import type { QueryBuilder } from "./query.ts";
import type { Tables } from "./tables.ts";

export type MemoryRow = Selectable<Tables["memory"]>;
export type PlacedRow = MemoryRow & { readonly before_seqs: string | null; readonly after_seqs: string | null };

export function toRecord(row: MemoryRow): MemoryRecord {
  return {
    seq: row.seq,
    id: row.id,
    layer: row.layer as MemoryLayer,
    scope: row.scope as MemoryScope,
    source: row.source,
    speaker: row.speaker,
    ...(row.place === null ? {} : { place: row.place }),
    text: row.text,
    at: row.at,
    importance: row.importance,
    accessCount: row.access_count,
    ...(row.last_access_at === null ? {} : { lastAccessAt: row.last_access_at }),
    ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
    isPinned: row.is_pinned === 1,
    isOutside: row.is_outside === 1,
  };
}

/** One statement for lists of any length, so that each length is not prepared anew. */
export function isOneOf(
  dialect: Database["dialect"],
  column: string,
  values: readonly (string | number)[],
): RawBuilder<boolean> {
  const ref = sql.ref(column);
  if (dialect === "postgres") return sql<boolean>`${ref} = any(${sql.val([...values])})`;
  return sql<boolean>`${ref} in (select value from json_each(${JSON.stringify(values)}))`;
}

/** Seqs of the live records beside `m` in its scope and source, as JSON. In the words of the partial index, so that the planner takes it. */
export function beside(
  dialect: Database["dialect"],
  side: "before" | "after",
  count: number,
): RawBuilder<string | null> {
  const [comparison, order] = side === "before" ? [sql.raw("<"), sql.raw("desc")] : [sql.raw(">"), sql.raw("asc")];
  const collect = sql.raw(dialect === "postgres" ? "json_agg(b.seq)::text" : "json_group_array(b.seq)");
  return sql<
    string | null
  >`(select ${collect} from (select n.seq from memory n where n.scope = m.scope and n.source = m.source and n.is_gone = 0
    and (n.at, n.seq) ${comparison} (m.at, m.seq) order by n.at ${order}, n.seq ${order} limit ${count}) b)`;
}

/** Puts rows between their neighbours, in one more query whatever their number. */
export async function placeRows(
  build: QueryBuilder,
  database: Database,
  rows: readonly PlacedRow[],
  now: number,
): Promise<MemoryInPlace[]> {
  const placed = rows.map((row) => ({ row, before: parseSeqs(row.before_seqs), after: parseSeqs(row.after_seqs) }));
  const known = new Map(rows.map((row) => [row.seq, row as MemoryRow]));
  const wanted = new Set(placed.flatMap(({ before, after }) => [...before, ...after]).filter((seq) => !known.has(seq)));
  if (wanted.size > 0) {
    const query = sql`select m.* from memory m where ${isOneOf(database.dialect, "m.seq", [...wanted])} and m.is_gone = 0
      and (m.expires_at is null or m.expires_at > ${now} or m.is_pinned = 1)`;
    for (const row of await database.read<MemoryRow>(query.compile(build))) known.set(row.seq, row);
  }
  const records = new Map([...known].map(([seq, row]) => [seq, toRecord(row)]));
  const pick = (seqs: readonly number[]) =>
    seqs.flatMap((seq) => records.get(seq) ?? []).toSorted((left, right) => left.at - right.at || left.seq - right.seq);
  return placed.map(({ row, before, after }) => ({
    record: records.get(row.seq) ?? toRecord(row),
    before: pick(before),
    after: pick(after),
  }));
}

export function parseSeqs(json: string | null): readonly number[] {
  return json === null ? [] : (JSON.parse(json) as number[]);
}
