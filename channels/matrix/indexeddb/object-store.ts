import { Cursor, CursorWithValue } from "./cursor.ts";
import { compareKeys, parseKey, parseRange, pickKey, type Key } from "./keys.ts";
import { pack, unpack, type Found, type Records } from "./records.ts";
import { Request } from "./requests.ts";
import type { Transaction } from "./transaction.ts";

/** What can be asked of a store and of an index alike. */
abstract class Source {
  protected abstract readonly transaction: Transaction;
  /** The store that a cursor changes. */
  protected abstract store(): ObjectStore;
  protected abstract find(query: unknown): Found[];

  get(query: unknown): Request {
    return this.#ask(() => {
      const [found] = this.find(query);
      return found === undefined ? undefined : unpack(found.bytes);
    });
  }

  getAll(query?: unknown, count?: number): Request {
    return this.#ask(() => limit(this.find(query), count).map(({ bytes }) => unpack(bytes)));
  }

  getAllKeys(query?: unknown, count?: number): Request {
    return this.#ask(() => limit(this.find(query), count).map(({ primaryKey }) => primaryKey));
  }

  count(query?: unknown): Request {
    return this.#ask(() => this.find(query).length);
  }

  openCursor(query?: unknown): Request {
    return this.#openCursor(query, CursorWithValue);
  }

  openKeyCursor(query?: unknown): Request {
    return this.#openCursor(query, Cursor);
  }

  #openCursor(query: unknown, kind: typeof Cursor): Request {
    const request = new Request();
    const find = (): Found[] => this.find(query);
    const cursor = new kind(this.store(), this.transaction, request, find);
    return this.transaction.enqueue(request, () => cursor.advanceTo());
  }

  #ask(work: () => unknown): Request {
    return this.transaction.enqueue(new Request(), work);
  }
}

/** `IDBObjectStore`; keys are always given beside the value. */
export class ObjectStore extends Source {
  readonly transaction: Transaction;
  readonly name: string;

  constructor(transaction: Transaction, name: string) {
    super();
    this.transaction = transaction;
    this.name = name;
  }

  add(value: unknown, key: unknown): Request {
    return this.#write(value, key, true);
  }

  put(value: unknown, key: unknown): Request {
    return this.#write(value, key, false);
  }

  delete(query: unknown): Request {
    this.transaction.checkWritable();
    const range = parseRange(query);
    return this.transaction.enqueue(new Request(), () => {
      for (const { primaryKey } of this.records().find(range)) this.remove(primaryKey);
    });
  }

  clear(): Request {
    return this.delete(undefined);
  }

  index(name: string): Index {
    this.transaction.checkActive();
    if (!this.records().indexes.has(name)) throw new DOMException(`There is no index "${name}".`, "NotFoundError");
    return new Index(this, name);
  }

  createIndex(name: string, keyPath: string | readonly string[], options?: { readonly unique?: boolean }): Index {
    if (this.transaction.mode !== "versionchange")
      throw new DOMException("Indexes are made in an upgrade only.", "InvalidStateError");
    const records = this.records();
    if (records.indexes.has(name)) throw new DOMException(`The index "${name}" is there already.`, "ConstraintError");
    const path = typeof keyPath === "string" ? keyPath : [...keyPath];
    const isUnique = options?.unique === true;
    records.indexes.set(name, { keyPath: path, isUnique });
    this.transaction.note(["make-index", this.name, name, path, isUnique], () => records.indexes.delete(name));
    return new Index(this, name);
  }

  records(): Records {
    const records = this.transaction.data.stores.get(this.name);
    if (records === undefined) throw new DOMException(`"${this.name}" has been deleted.`, "InvalidStateError");
    return records;
  }

  /** Writes at once; for requests that are being worked off. */
  write(key: Key, bytes: Buffer): void {
    const records = this.records();
    this.#checkUnique(records, key, bytes);
    const before = records.put({ key, bytes });
    this.transaction.note(["put", this.name, key, bytes.toString("base64")], () => {
      if (before === undefined) records.delete(key);
      else records.put(before);
    });
  }

  remove(key: Key): void {
    const records = this.records();
    const before = records.delete(key);
    if (before !== undefined) this.transaction.note(["delete", this.name, key], () => void records.put(before));
  }

  #checkUnique(records: Records, key: Key, bytes: Buffer): void {
    for (const [name, { keyPath, isUnique }] of records.indexes) {
      const value = isUnique ? pickKey(unpack(bytes), keyPath) : undefined;
      if (value === undefined) continue;
      const others = records.findByIndex(name, parseRange(value));
      if (others.some(({ primaryKey }) => compareKeys(primaryKey, key) !== 0))
        throw new DOMException(`Another record has this value of the index "${name}".`, "ConstraintError");
    }
  }

  #write(value: unknown, givenKey: unknown, isNew: boolean): Request {
    this.transaction.checkWritable();
    const key = parseKey(givenKey);
    const bytes = pack(value);
    return this.transaction.enqueue(new Request(), () => {
      if (isNew && this.records().get(key) !== undefined)
        throw new DOMException("There is a record with this key.", "ConstraintError");
      this.write(key, bytes);
      return key;
    });
  }

  protected store(): ObjectStore {
    return this;
  }

  protected find(query: unknown): Found[] {
    return this.records().find(parseRange(query));
  }
}

/** `IDBIndex`. */
export class Index extends Source {
  readonly objectStore: ObjectStore;
  readonly name: string;
  protected readonly transaction: Transaction;

  constructor(store: ObjectStore, name: string) {
    super();
    this.objectStore = store;
    this.name = name;
    this.transaction = store.transaction;
  }

  protected store(): ObjectStore {
    return this.objectStore;
  }

  protected find(query: unknown): Found[] {
    return this.objectStore.records().findByIndex(this.name, parseRange(query));
  }
}

function limit(found: readonly Found[], count: number | undefined): readonly Found[] {
  return count === undefined || count === 0 ? found : found.slice(0, count);
}
