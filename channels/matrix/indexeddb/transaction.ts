import type { Database } from "./database.ts";
import type { Change, DatabaseData } from "./changes.ts";
import { ObjectStore } from "./object-store.ts";
import { RequestEvent, toDomException, type Handler, type Request } from "./requests.ts";

export type Mode = "readonly" | "readwrite" | "versionchange";

/** `IDBTransaction`. Those of a database run one after the other, so none ever sees half of another. */
export class Transaction {
  readonly db: Database;
  readonly mode: Mode;
  oncomplete: Handler;
  onabort: Handler;
  onerror: Handler;
  error: DOMException | null = null;
  readonly objectStoreNames: readonly string[];
  readonly data: DatabaseData;
  readonly #queue: { readonly request: Request; readonly work: () => unknown }[] = [];
  readonly #changes: Change[] = [];
  readonly #undo: (() => void)[] = [];
  #state: "active" | "aborted" | "done" = "active";

  constructor(db: Database, data: DatabaseData, names: readonly string[], mode: Mode) {
    this.db = db;
    this.data = data;
    this.mode = mode;
    this.objectStoreNames = names;
    for (const name of names)
      if (!data.stores.has(name)) throw new DOMException(`There is no object store "${name}".`, "NotFoundError");
  }

  objectStore(name: string): ObjectStore {
    this.checkActive();
    const isInScope = this.mode === "versionchange" ? this.data.stores.has(name) : this.objectStoreNames.includes(name);
    if (!isInScope) throw new DOMException(`The transaction does not know "${name}".`, "NotFoundError");
    return new ObjectStore(this, name);
  }

  /** Requests made before are still worked off. */
  commit(): void {
    this.checkActive();
  }

  abort(): void {
    this.checkActive();
    this.#state = "aborted";
  }

  checkActive(): void {
    if (this.#state !== "active") throw new DOMException("The transaction has ended.", "TransactionInactiveError");
  }

  checkWritable(): void {
    this.checkActive();
    if (this.mode === "readonly") throw new DOMException("The transaction only reads.", "ReadOnlyError");
  }

  /** Queues the work of a request; the request gets what it returns. */
  enqueue<T extends Request>(request: T, work: () => unknown): T {
    this.checkActive();
    request.transaction = this;
    request.readyState = "pending";
    this.#queue.push({ request, work });
    return request;
  }

  /** Notes what was done, and how it is undone. */
  note(change: Change, undo: () => void): void {
    this.#changes.push(change);
    this.#undo.push(undo);
  }

  /**
   * Works off the requests, one in each turn of the event loop, until none is left; then the changes are handed over
   * and "complete" is told. Never throws.
   */
  async run(onCommit: (changes: readonly Change[]) => void): Promise<void> {
    await nextTurn();
    while (this.#state === "active") {
      const next = this.#queue.shift();
      if (next === undefined) break;
      this.#answer(next.request, next.work);
      // Whoever waited for the answer may ask for more before the turn ends.
      await nextTurn();
    }
    if (this.#state === "aborted") {
      this.#rollBack();
      return;
    }
    if (this.#changes.length > 0) onCommit(this.#changes);
    this.#end("complete");
  }

  #answer(request: Request, work: () => unknown): void {
    let result: unknown;
    try {
      result = work();
    } catch (error) {
      this.error = toDomException(error);
      this.#state = "aborted";
      request.fail(this.error);
      return;
    }
    request.succeed(result);
  }

  #end(state: "complete" | "abort"): void {
    this.#state = "done";
    const event = new RequestEvent(state, this);
    if (state === "complete") this.oncomplete?.(event);
    else this.onabort?.(event);
  }

  #rollBack(): void {
    for (const undo of this.#undo.toReversed()) undo();
    const error = this.error ?? new DOMException("The transaction was aborted.", "AbortError");
    for (const { request } of this.#queue.splice(0)) request.fail(error);
    this.#end("abort");
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
