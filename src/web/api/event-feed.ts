import type { DeskEvent } from "../../core/cdc.ts";
import type { Desk } from "../../core/desk.ts";
import { AppError, describeError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";

const pageSize = 200;
/** What one listener may leave unread before no more is written to it. */
const maxUnreadBytes = 65_536;
/** A listener that reads nothing for so long is let go: it comes back for what it has not had. */
const stuckMs = 60_000;
/** How long a browser waits before it comes back. */
const comeBackMs = 2_000;

export interface EventFeedOptions {
  readonly desk: Pick<Desk, "events" | "lastEvent">;
  readonly log: Logger;
  readonly now: () => number;
  readonly pollMs?: number;
  readonly heartbeatMs?: number;
  readonly maxListeners?: number;
}

/** What changed at the desk, as server-sent events. */
export interface EventFeed {
  /**
   * A stream that begins after the event `after`; undefined: with what happens from now on. Every event comes once and
   * in order, however often the listener comes back with the last one it had. Throws AppError "rate-limited".
   */
  open(after: number | undefined, signal: AbortSignal): Promise<Response>;
  listeners(): number;
  /** Ends all streams. */
  close(): void;
}

interface Listener {
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  /** The last event that was written to it: the one truth about what it still has to get. */
  cursor: number;
  wroteAt: number;
  readAt: number;
}

const encoder = new TextEncoder();

/** Asks the store for news only while somebody listens, with one query for all who have had the same. */
export function createEventFeed(options: EventFeedOptions): EventFeed {
  const { desk, log, now, pollMs = 1_000, heartbeatMs = 15_000, maxListeners = 100 } = options;
  const listeners = new Set<Listener>();
  let timer: NodeJS.Timeout | undefined;
  let isPolling = false;
  let isClosed = false;

  async function poll(): Promise<void> {
    if (isPolling) return;
    isPolling = true;
    try {
      while (await deliverPage());
    } catch (error) {
      log.warn({ error: describeError(error) }, "The store could not be asked for news of the desk.");
    }
    isPolling = false;
    keepAlive();
  }

  /** True when there may be more at once. */
  async function deliverPage(): Promise<boolean> {
    let hasMore = false;
    for (const [cursor, group] of Map.groupBy([...listeners].filter(canTake), (listener) => listener.cursor)) {
      const events = await desk.events(cursor, pageSize);
      for (const listener of group) for (const event of events) if (canTake(listener)) write(listener, event);
      if (events.length === pageSize) hasMore = true;
    }
    return hasMore;
  }

  function write(listener: Listener, event: DeskEvent): void {
    send(listener, formatEvent(event.seq, event.kind, { ref: event.ref, at: event.at }));
    listener.cursor = event.seq;
  }

  function keepAlive(): void {
    for (const listener of listeners) {
      if (!canTake(listener)) {
        if (now() - listener.readAt > stuckMs) drop(listener);
        continue;
      }
      listener.readAt = now();
      if (now() - listener.wroteAt >= heartbeatMs) send(listener, ": still here\n\n");
    }
  }

  function send(listener: Listener, text: string): void {
    listener.controller.enqueue(encoder.encode(text));
    listener.wroteAt = now();
  }

  function canTake(listener: Listener): boolean {
    return listeners.has(listener) && (listener.controller.desiredSize ?? 0) > 0;
  }

  function leave(listener: Listener): void {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  function drop(listener: Listener): void {
    if (!listeners.has(listener)) return;
    leave(listener);
    listener.controller.close();
  }

  function join(listener: Listener, first: string): void {
    listeners.add(listener);
    timer ??= setInterval(() => void poll(), pollMs).unref();
    send(listener, first);
    void poll();
  }

  return {
    async open(after, signal) {
      const last = await desk.lastEvent();
      if (isClosed) throw new AppError("unreachable", "Parlance is shutting down.", { retryAfterMs: comeBackMs });
      if (listeners.size >= maxListeners)
        throw new AppError("rate-limited", "Too many pages listen already.", { hint: "Close some, then try again." });
      // Nobody has had an event that is yet to come: the database was put back to an earlier state.
      const isLost = after !== undefined && after > last;
      const cursor = after === undefined || isLost ? last : after;
      const reset = isLost ? formatEvent(last, "reset", { ref: "", at: now() }) : "";
      let joined: Listener | undefined;
      const end = (): void => {
        if (joined !== undefined) drop(joined);
      };
      const body = new ReadableStream<Uint8Array>(
        {
          start(controller) {
            joined = { controller, cursor, wroteAt: now(), readAt: now() };
            join(joined, `retry: ${comeBackMs}\n\n${reset}`);
          },
          cancel() {
            if (joined !== undefined) leave(joined);
          },
        },
        new ByteLengthQueuingStrategy({ highWaterMark: maxUnreadBytes }),
      );
      if (signal.aborted) end();
      else signal.addEventListener("abort", end, { once: true });
      return new Response(body, { headers: eventHeaders });
    },
    listeners: () => listeners.size,
    close() {
      isClosed = true;
      for (const listener of listeners) drop(listener);
    },
  };
}

export const eventHeaders: Readonly<Record<string, string>> = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store",
  // Nothing else is asked over it, and a server that shuts down need not wait for it.
  connection: "close",
  // Proxies that collect answers would keep the news back.
  "x-accel-buffering": "no",
};

function formatEvent(seq: number, kind: DeskEvent["kind"] | "reset", data: { ref: string; at: number }): string {
  return `id: ${seq}\nevent: ${kind}\ndata: ${JSON.stringify(data)}\n\n`;
}
