import type { Key } from "./keys.ts";
import type { ObjectStore } from "./object-store.ts";
import { pack, unpack, type Found } from "./records.ts";
import { Request } from "./requests.ts";
import type { Transaction } from "./transaction.ts";

/** `IDBCursor`, forwards only. */
export class Cursor {
  readonly request: Request;
  readonly #store: ObjectStore;
  readonly #transaction: Transaction;
  readonly #find: () => readonly Found[];
  #found: readonly Found[] | undefined;
  #next = 0;
  #at: Found | undefined;

  constructor(store: ObjectStore, transaction: Transaction, request: Request, find: () => readonly Found[]) {
    this.#store = store;
    this.#transaction = transaction;
    this.request = request;
    this.#find = find;
  }

  get key(): Key | undefined {
    return this.#at?.key;
  }

  get primaryKey(): Key | undefined {
    return this.#at?.primaryKey;
  }

  continue(): void {
    this.#transaction.enqueue(this.request, () => this.advanceTo());
  }

  update(value: unknown): Request {
    this.#transaction.checkWritable();
    const { primaryKey } = this.current();
    const bytes = pack(value);
    return this.#transaction.enqueue(new Request(), () => {
      this.#store.write(primaryKey, bytes);
      return primaryKey;
    });
  }

  delete(): Request {
    this.#transaction.checkWritable();
    const { primaryKey } = this.current();
    return this.#transaction.enqueue(new Request(), () => this.#store.remove(primaryKey));
  }

  /** Goes to the next record that is still there; null behind the last. What is added on the way is not visited. */
  advanceTo(): this | null {
    this.#found ??= this.#find();
    this.#at = undefined;
    while (this.#at === undefined && this.#next < this.#found.length) {
      const { key, primaryKey } = this.#found[this.#next] as Found;
      this.#next += 1;
      const record = this.#store.records().get(primaryKey);
      if (record !== undefined) this.#at = { key, primaryKey, bytes: record.bytes };
    }
    return this.#at === undefined ? null : this;
  }

  protected current(): Found {
    if (this.#at === undefined) throw new DOMException("The cursor is at no record.", "InvalidStateError");
    return this.#at;
  }
}

/** `IDBCursorWithValue`. */
export class CursorWithValue extends Cursor {
  get value(): unknown {
    return unpack(this.current().bytes);
  }
}
