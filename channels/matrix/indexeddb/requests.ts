import type { Transaction } from "./transaction.ts";

/** What handlers are given. */
export class RequestEvent {
  readonly type: string;
  readonly target: unknown;
  readonly currentTarget: unknown;

  constructor(type: string, target: unknown) {
    this.type = type;
    this.target = target;
    this.currentTarget = target;
  }

  preventDefault(): void {
    throw new DOMException("A failed request always ends its transaction here.", "NotSupportedError");
  }

  stopPropagation(): void {
    // Events do not travel here.
  }
}

/** `IDBVersionChangeEvent`. */
export class VersionChangeEvent extends RequestEvent {
  readonly oldVersion: number;
  readonly newVersion: number;

  constructor(target: unknown, oldVersion: number, newVersion: number) {
    super("upgradeneeded", target);
    this.oldVersion = oldVersion;
    this.newVersion = newVersion;
  }
}

export type Handler = ((event: RequestEvent) => void) | null | undefined;

/** `IDBRequest`. */
export class Request {
  onsuccess: Handler;
  onerror: Handler;
  readyState: "pending" | "done" = "pending";
  transaction: Transaction | null = null;
  #result: unknown;
  #error: DOMException | null = null;

  get result(): unknown {
    if (this.readyState === "pending") throw new DOMException("The request has not finished.", "InvalidStateError");
    return this.#result;
  }

  get error(): DOMException | null {
    return this.#error;
  }

  succeed(result: unknown): void {
    this.readyState = "done";
    this.#result = result;
    this.#error = null;
    this.onsuccess?.(new RequestEvent("success", this));
  }

  fail(error: DOMException): void {
    this.readyState = "done";
    this.#result = undefined;
    this.#error = error;
    this.onerror?.(new RequestEvent("error", this));
  }

  /** Sets the result without an event, for what is told otherwise. */
  settle(result: unknown): void {
    this.readyState = "done";
    this.#result = result;
  }
}

/** `IDBOpenDBRequest`. */
export class OpenRequest extends Request {
  onupgradeneeded: Handler;
  onblocked: Handler;
}

export function toDomException(error: unknown): DOMException {
  if (error instanceof DOMException) return error;
  return new DOMException(error instanceof Error ? error.message : "unknown failure", "UnknownError");
}
