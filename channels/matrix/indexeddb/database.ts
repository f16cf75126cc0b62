import type { Change, DatabaseData } from "./changes.ts";
import { ObjectStore } from "./object-store.ts";
import { Records } from "./records.ts";
import type { Handler } from "./requests.ts";
import { Transaction, type Mode } from "./transaction.ts";

/** Where a database is kept, and what runs on it now. */
export interface Backing {
  readonly data: DatabaseData;
  /** Ends when the transactions made so far have ended. */
  tail: Promise<void>;
  /** Given each transaction's changes before anybody learns that it is complete. */
  readonly commit: (changes: readonly Change[]) => void;
}

/** `IDBDatabase`: a connection. */
export class Database {
  readonly name: string;
  onversionchange: Handler;
  readonly #backing: Backing;
  #upgrade: Transaction | undefined;
  #isClosed = false;

  constructor(name: string, backing: Backing) {
    this.name = name;
    this.#backing = backing;
  }

  get version(): number {
    return this.#backing.data.version;
  }

  get objectStoreNames(): readonly string[] & { contains(name: string): boolean; item(index: number): string | null } {
    const names = [...this.#backing.data.stores.keys()].toSorted();
    return Object.assign(names, {
      contains: (name: string) => names.includes(name),
      item: (index: number) => names[index] ?? null,
    });
  }

  transaction(names: string | readonly string[], mode: Mode = "readonly"): Transaction {
    if (this.#isClosed) throw new DOMException("The connection is closed.", "InvalidStateError");
    const scope = typeof names === "string" ? [names] : [...names];
    return this.#launch(new Transaction(this, this.#backing.data, scope, mode));
  }

  /** Runs the transaction in which stores and indexes may change; `begin` is its event. */
  async upgrade(version: number, begin: (transaction: Transaction) => void): Promise<void> {
    const { data } = this.#backing;
    const before = data.version;
    const transaction = new Transaction(this, data, [], "versionchange");
    this.#upgrade = transaction;
    data.version = version;
    transaction.note(["version", version], () => (data.version = before));
    this.#launch(transaction);
    begin(transaction);
    await this.#backing.tail;
    this.#upgrade = undefined;
  }

  createObjectStore(name: string): ObjectStore {
    const { stores } = this.#backing.data;
    const upgrade = this.#checkUpgrade();
    if (stores.has(name)) throw new DOMException(`The object store "${name}" is there already.`, "ConstraintError");
    stores.set(name, new Records());
    upgrade.note(["make-store", name], () => stores.delete(name));
    return new ObjectStore(upgrade, name);
  }

  deleteObjectStore(name: string): void {
    const { stores } = this.#backing.data;
    const upgrade = this.#checkUpgrade();
    const records = stores.get(name);
    if (records === undefined) throw new DOMException(`There is no object store "${name}".`, "NotFoundError");
    stores.delete(name);
    upgrade.note(["drop-store", name], () => void stores.set(name, records));
  }

  close(): void {
    this.#isClosed = true;
  }

  #checkUpgrade(): Transaction {
    if (this.#upgrade === undefined)
      throw new DOMException("Object stores change in an upgrade only.", "InvalidStateError");
    return this.#upgrade;
  }

  #launch(transaction: Transaction): Transaction {
    const backing = this.#backing;
    const before = backing.tail;
    backing.tail = (async () => {
      await before;
      await transaction.run(backing.commit);
    })();
    return transaction;
  }
}
