import { Cursor, CursorWithValue } from "./cursor.ts";
import { Database, type Backing } from "./database.ts";
import { KeyRange } from "./keys.ts";
import { Index, ObjectStore } from "./object-store.ts";
import { OpenRequest, Request, VersionChangeEvent, toDomException } from "./requests.ts";
import { Transaction } from "./transaction.ts";

/**
 * `IDBFactory`. Databases are opened by name; who keeps them is told by the part before "::", which is unique to each
 * adapter, so that accounts run side by side.
 */
export class Factory {
  readonly #keepers = new Map<string, (name: string) => Backing>();

  /** `keeper` gets the part behind "::". */
  attach(prefix: string, keeper: (name: string) => Backing): void {
    this.#keepers.set(prefix, keeper);
  }

  detach(prefix: string): void {
    this.#keepers.delete(prefix);
  }

  open(name: string, version?: number): OpenRequest {
    const request = new OpenRequest();
    void this.#open(request, name, version).catch((error: unknown) => request.fail(toDomException(error)));
    return request;
  }

  async #open(request: OpenRequest, name: string, wanted: number | undefined): Promise<void> {
    // Handlers are set after `open` has returned.
    await new Promise((resolve) => void setImmediate(resolve));
    const [prefix = "", ...rest] = name.split("::");
    const backing = this.#keepers.get(prefix)?.(rest.join("::"));
    if (backing === undefined) throw new DOMException("Nobody keeps a database of this name.", "UnknownError");
    await backing.tail;
    const { data } = backing;
    const before = data.version;
    const version = wanted ?? Math.max(1, before);
    if (version < before) throw new DOMException("The database is newer than that.", "VersionError");
    const database = new Database(name, backing);
    if (version > before)
      await database.upgrade(version, (transaction) => {
        request.settle(database);
        request.transaction = transaction;
        request.onupgradeneeded?.(new VersionChangeEvent(request, before, version));
      });
    request.transaction = null;
    if (data.version !== version) throw new DOMException("The upgrade was aborted.", "AbortError");
    request.succeed(database);
  }
}

/**
 * The crypto library looks for IndexedDB where browsers have it, so that is where it is put; once for all adapters of
 * the process.
 */
export function provideIndexedDb(): Factory {
  const place = globalThis as { indexedDB?: unknown };
  if (place.indexedDB instanceof Factory) return place.indexedDB;
  const factory = new Factory();
  Object.assign(globalThis, {
    indexedDB: factory,
    IDBCursor: Cursor,
    IDBCursorWithValue: CursorWithValue,
    IDBDatabase: Database,
    IDBFactory: Factory,
    IDBIndex: Index,
    IDBKeyRange: KeyRange,
    IDBObjectStore: ObjectStore,
    IDBOpenDBRequest: OpenRequest,
    IDBRequest: Request,
    IDBTransaction: Transaction,
    IDBVersionChangeEvent: VersionChangeEvent,
  });
  return factory;
}
