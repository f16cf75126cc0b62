import type { Connection, Table } from "@lancedb/lancedb";
import type { FixedSizeList, Schema } from "apache-arrow";
import { loadPackage } from "../core/load-package.ts";

type Lance = typeof import("@lancedb/lancedb");

/** One row of the index: enough to find a record; its text is read from the store, which is the truth. */
export interface IndexRow {
  readonly id: string;
  readonly scope: string;
  /** Terms of the record and of what stands before it, as they are to be found, with blanks between. */
  readonly terms: string;
  /** Of the record's own text: an embedding is made anew only when it changes. */
  readonly hash: string;
  readonly vector: Float32Array | null;
}

export interface IndexTable {
  readonly table: Table;
  readonly lance: Lance;
  close(): void;
}

/** Terms are made by us; LanceDB only has to split them at the blanks. */
const fullText = {
  baseTokenizer: "whitespace",
  lowercase: false,
  stem: false,
  removeStopWords: false,
  asciiFolding: false,
  withPosition: false,
} as const;

/** LanceDB is 35 MB and 0.1 s: loaded when memory is used for the first time. */
export function loadLance(): Promise<Lance> {
  return loadPackage("@lancedb/lancedb", () => import("@lancedb/lancedb"));
}

async function createSchema(dimensions: number | undefined): Promise<Schema> {
  const arrow = await loadPackage("apache-arrow", () => import("apache-arrow"));
  const text = (name: string) => new arrow.Field(name, new arrow.Utf8(), false);
  const fields = [text("id"), text("scope"), text("terms"), text("hash")];
  if (dimensions === undefined) return new arrow.Schema(fields);
  const item = new arrow.Field("item", new arrow.Float32(), true);
  return new arrow.Schema([...fields, new arrow.Field("vector", new arrow.FixedSizeList(dimensions, item), true)]);
}

async function connect(folder: string): Promise<{ lance: Lance; connection: Connection }> {
  const lance = await loadLance();
  return { lance, connection: await lance.connect(folder) };
}

function wrap(lance: Lance, connection: Connection, table: Table): IndexTable {
  return {
    table,
    lance,
    close: () => {
      table.close();
      connection.close();
    },
  };
}

/** Undefined: there is no such table, or it cannot be read. */
export async function openIndexTable(folder: string, name: string): Promise<IndexTable | undefined> {
  const { lance, connection } = await connect(folder);
  try {
    return wrap(lance, connection, await connection.openTable(name));
  } catch {
    connection.close();
    return undefined;
  }
}

/** Makes an empty table, in place of one of that name. */
export async function createIndexTable(
  folder: string,
  name: string,
  dimensions: number | undefined,
): Promise<IndexTable> {
  const { lance, connection } = await connect(folder);
  const table = await connection.createEmptyTable(name, await createSchema(dimensions), { mode: "overwrite" });
  await table.setUnenforcedPrimaryKey("id");
  return wrap(lance, connection, table);
}

export async function dropIndexTables(folder: string, except: string): Promise<void> {
  const { connection } = await connect(folder);
  try {
    for (const name of (await connection.listTables()).tables) if (name !== except) await connection.dropTable(name);
  } finally {
    connection.close();
  }
}

/** Fewer vectors than these are compared one by one. */
const vectorsFrom = 10_000;

/** Makes the indexes that every search needs. */
export async function createIndexes({ table, lance }: IndexTable): Promise<void> {
  if ((await table.countRows()) === 0) return;
  const existing = new Set((await table.listIndices()).flatMap(({ columns }) => columns));
  if (!existing.has("scope")) await table.createIndex("scope", { config: lance.Index.bitmap() });
  if (!existing.has("id")) await table.createIndex("id", { config: lance.Index.btree() });
  if (!existing.has("terms")) await table.createIndex("terms", { config: lance.Index.fts(fullText) });
}

/** An index that was laid out for a quarter of the vectors has parts that are too large: a search goes through more. */
const growth = 4;
/** Bits for each number of a vector. With one, a search within 1% of the rows finds 9 of 10; eight take three times as long to make. */
const numBits = 4;

/**
 * Lays out the index of the vectors where there are enough of them and it is not there, or was made for far fewer:
 * `laidOutFor`. Resolves with the vectors that it is laid out for now; undefined: nothing was to be done.
 * Half a second for each 10,000 on two cores; a graph (HNSW) takes twenty times as long and finds less, and is made only
 * of vectors whose dimensions are no multiple of 8.
 */
export async function layOutVectors({ table, lance }: IndexTable, laidOutFor = 0): Promise<number | undefined> {
  const column = (await table.schema()).fields.find(({ name }) => name === "vector");
  if (column === undefined) return undefined;
  const enough = Math.max(vectorsFrom, growth * laidOutFor);
  // Counting rows costs nothing; counting vectors reads them.
  if ((await table.countRows()) < enough) return undefined;
  const vectors = await table.countRows("vector IS NOT NULL");
  if (vectors < enough) return undefined;
  const { listSize: dimensions } = column.type as FixedSizeList;
  const config =
    dimensions % 8 === 0
      ? lance.Index.ivfRq({ distanceType: "dot", numBits })
      : lance.Index.hnswSq({ distanceType: "dot", m: 20, efConstruction: 200 }); // takes any number of them
  await table.createIndex("vector", { config, replace: true });
  return vectors;
}

/** Can vectors be compared in a time that a turn can wait? */
export async function canCompareVectors({ table }: IndexTable): Promise<boolean> {
  return (await table.countRows()) < 5 * vectorsFrom || hasIndex(table, "vector");
}

async function hasIndex(table: Table, column: string): Promise<boolean> {
  return (await table.listIndices()).some(({ columns }) => columns.includes(column));
}

/** A list of words in a filter. Quotes are doubled, which is all that DataFusion's strings need. */
export function formatList(values: readonly string[]): string {
  return values.map((value) => `'${value.replaceAll("'", "''")}'`).join(", ");
}
