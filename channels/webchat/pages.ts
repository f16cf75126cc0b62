import type { SocketConnection } from "../../src/core/channel.ts";
import { ownerOf } from "./chat-id.ts";
import type { ServerFrame } from "./protocol.ts";

/** One open page. */
export interface Page {
  readonly owner: string;
  readonly connection: SocketConnection;
  /** The chat it follows. */
  chat: string | undefined;
  lastFrameAt: number;
}

/** The open pages of everybody. Nothing here throws. */
export interface Pages {
  /** Undefined: there are too many, and the connection was closed. */
  add(connection: SocketConnection): Page | undefined;
  send(page: Page, frame: ServerFrame): void;
  sendToChat(owner: string, chat: string, frame: ServerFrame): void;
  sendToOwner(owner: string, frame: ServerFrame): void;
  isFollowed(owner: string, chat: string): boolean;
  isOpen(owner: string): boolean;
  closeIdle(): void;
  closeAll(code: number, reason: string): void;
}

/** A page that is this far behind is closed; it comes back and gets a snapshot. */
const maxBufferedBytes = 4 * 1024 * 1024;
/** Pages say something every 25 s; a browser lets a hidden one speak once a minute. */
const maxIdleMs = 180_000;

export interface PageLimits {
  /** Open pages of everybody. */
  readonly maxSockets: number;
  readonly maxSocketsPerPerson: number;
}

export function createPages(limits: PageLimits, now: () => number): Pages {
  const byOwner = new Map<string, Set<Page>>();
  let count = 0;

  function remove(page: Page): void {
    const siblings = byOwner.get(page.owner);
    if (siblings === undefined || !siblings.delete(page)) return;
    count--;
    if (siblings.size === 0) byOwner.delete(page.owner);
  }

  function close(page: Page, code: number, reason: string): void {
    remove(page);
    page.connection.close(code, reason);
  }

  function sendText(page: Page, text: string): void {
    if (byOwner.get(page.owner)?.has(page) !== true) return;
    page.connection.send(text);
    if (page.connection.bufferedBytes() > maxBufferedBytes) close(page, 1013, "too far behind");
  }

  function* all(): Generator<Page> {
    for (const siblings of byOwner.values()) yield* siblings;
  }

  return {
    add(connection) {
      const owner = ownerOf(connection.person.id);
      const siblings = byOwner.get(owner) ?? new Set<Page>();
      if (count >= limits.maxSockets || siblings.size >= limits.maxSocketsPerPerson) {
        connection.close(1013, "too many open pages");
        return undefined;
      }
      const page: Page = { owner, connection, chat: undefined, lastFrameAt: now() };
      siblings.add(page);
      byOwner.set(owner, siblings);
      count++;
      connection.onClose(() => remove(page));
      return page;
    },
    send: (page, frame) => sendText(page, JSON.stringify(frame)),
    sendToChat(owner, chat, frame) {
      const text = JSON.stringify(frame);
      for (const page of byOwner.get(owner) ?? []) if (page.chat === chat) sendText(page, text);
    },
    sendToOwner(owner, frame) {
      const text = JSON.stringify(frame);
      for (const page of byOwner.get(owner) ?? []) sendText(page, text);
    },
    isFollowed: (owner, chat) => [...(byOwner.get(owner) ?? [])].some((page) => page.chat === chat),
    isOpen: (owner) => byOwner.has(owner),
    closeIdle() {
      const idle = [...all()].filter((page) => now() - page.lastFrameAt > maxIdleMs);
      for (const page of idle) close(page, 1001, "nothing heard");
    },
    closeAll(code, reason) {
      for (const page of all()) close(page, code, reason);
    },
  };
}
