import type { Key } from "./keys.ts";
import { Records } from "./records.ts";

/** What a committed transaction did, as plain JSON; values in base64. */
export type Change =
  | readonly ["version", number]
  | readonly ["make-store", string]
  | readonly ["drop-store", string]
  | readonly ["make-index", string, string, string | readonly string[], boolean]
  | readonly ["put", string, Key, string]
  | readonly ["delete", string, Key];

/** One database in memory. */
export interface DatabaseData {
  version: number;
  readonly stores: Map<string, Records>;
}

export function createDatabaseData(): DatabaseData {
  return { version: 0, stores: new Map() };
}

/** Does again what a transaction did. Throws when the changes do not fit, so that a broken journal is not read as a good one. */
export function applyChange(data: DatabaseData, change: Change): void {
  switch (change[0]) {
    case "version":
      data.version = change[1];
      return;
    case "make-store":
      data.stores.set(change[1], new Records());
      return;
    case "drop-store":
      data.stores.delete(change[1]);
      return;
    case "make-index":
      storeOf(data, change[1]).indexes.set(change[2], { keyPath: change[3], isUnique: change[4] });
      return;
    case "put":
      storeOf(data, change[1]).put({ key: change[2], bytes: Buffer.from(change[3], "base64") });
      return;
    case "delete":
      storeOf(data, change[1]).delete(change[2]);
      return;
    default:
      throw new Error("The journal holds a change of a kind that is not known here.");
  }
}

/** The changes that make an empty database what this one is. */
export function* listChanges(data: DatabaseData): Generator<Change> {
  yield ["version", data.version];
  for (const [store, records] of data.stores) {
    yield ["make-store", store];
    for (const [name, { keyPath, isUnique }] of records.indexes) yield ["make-index", store, name, keyPath, isUnique];
    for (const { key, bytes } of records.all()) yield ["put", store, key, bytes.toString("base64")];
  }
}

function storeOf(data: DatabaseData, name: string): Records {
  const records = data.stores.get(name);
  if (records === undefined) throw new Error(`There is no object store "${name}".`);
  return records;
}
