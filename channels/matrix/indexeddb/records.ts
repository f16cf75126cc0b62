import { deserialize, serialize } from "node:v8";
import { compareKeys, pickKey, type Key, type KeyRange } from "./keys.ts";

/** A value as it is kept: a copy that nobody can change. */
export interface StoredRecord {
  readonly key: Key;
  readonly bytes: Buffer;
}

/** A record as a query of a store or an index finds it; `key` is the index's. */
export interface Found {
  readonly key: Key;
  readonly primaryKey: Key;
  readonly bytes: Buffer;
}

export interface IndexShape {
  readonly keyPath: string | readonly string[];
  readonly isUnique: boolean;
}

export const pack = (value: unknown): Buffer => serialize(value);
export const unpack = (bytes: Buffer): unknown => deserialize(bytes) as unknown;

/** The records of one object store, in the order of their keys, and its indexes. */
export class Records {
  readonly indexes = new Map<string, IndexShape>();
  readonly #sorted: StoredRecord[] = [];
  /** Made when first asked for; a change of the records drops them. */
  readonly #views = new Map<string, readonly Found[]>();

  get(key: Key): StoredRecord | undefined {
    const at = this.#position(key);
    const record = this.#sorted[at];
    return record !== undefined && compareKeys(record.key, key) === 0 ? record : undefined;
  }

  /** Resolves with what was there before. */
  put(record: StoredRecord): StoredRecord | undefined {
    const at = this.#position(record.key);
    const before = this.#sorted[at];
    this.#views.clear();
    if (before !== undefined && compareKeys(before.key, record.key) === 0) {
      this.#sorted[at] = record;
      return before;
    }
    this.#sorted.splice(at, 0, record);
    return undefined;
  }

  delete(key: Key): StoredRecord | undefined {
    const record = this.get(key);
    if (record === undefined) return undefined;
    this.#views.clear();
    this.#sorted.splice(this.#position(key), 1);
    return record;
  }

  all(): readonly StoredRecord[] {
    return this.#sorted;
  }

  /** In the order of the keys. */
  find(range: KeyRange): Found[] {
    const found: Found[] = [];
    for (let at = range.lower === undefined ? 0 : this.#position(range.lower); at < this.#sorted.length; at += 1) {
      const { key, bytes } = this.#sorted[at] as StoredRecord;
      if (range.isAbove(key)) break;
      if (!range.isBelow(key)) found.push({ key, primaryKey: key, bytes });
    }
    return found;
  }

  findByIndex(name: string, range: KeyRange): Found[] {
    return this.#view(name).filter(({ key }) => !range.isBelow(key) && !range.isAbove(key));
  }

  #view(name: string): readonly Found[] {
    const known = this.#views.get(name);
    if (known !== undefined) return known;
    const shape = this.indexes.get(name);
    if (shape === undefined) throw new DOMException(`There is no index "${name}".`, "NotFoundError");
    const view = this.#sorted
      .flatMap(({ key: primaryKey, bytes }): readonly Found[] => {
        const key = pickKey(unpack(bytes), shape.keyPath);
        return key === undefined ? [] : [{ key, primaryKey, bytes }];
      })
      .toSorted((a, b) => compareKeys(a.key, b.key) || compareKeys(a.primaryKey, b.primaryKey));
    this.#views.set(name, view);
    return view;
  }

  /** Where the key is or would be. */
  #position(key: Key): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareKeys((this.#sorted[middle] as StoredRecord).key, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
