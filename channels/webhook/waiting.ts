import type { Address } from "../../src/core/message.ts";
import type { Reply } from "./format.ts";

/** Callers whose HTTP response is held until the reply to their message goes out. */
export interface Waiting {
  /**
   * Resolves with the reply, or with undefined when the time is over, the caller hung up, the channel stopped, or too
   * many callers wait already.
   */
  wait(messageId: string, address: Address, timeoutMs: number, signal: AbortSignal): Promise<Reply | undefined>;
  /**
   * Hands the reply to the caller of the message that it answers and to those who came before in the same chat; to
   * all who wait in the chat when it names no message. True: somebody took it.
   */
  give(reply: Reply): boolean;
  /** Lets everybody go empty-handed. */
  close(): void;
}

interface Waiter {
  readonly messageId: string;
  readonly place: string;
  readonly settle: (reply: Reply | undefined) => void;
}

export function createWaiting(limit: number): Waiting {
  const waiters = new Set<Waiter>();

  return {
    wait: (messageId, address, timeoutMs, signal) =>
      new Promise((resolve) => {
        if (waiters.size >= limit || signal.aborted) {
          resolve(undefined);
          return;
        }
        const settle = (reply: Reply | undefined): void => {
          waiters.delete(waiter);
          clearTimeout(timer);
          signal.removeEventListener("abort", leave);
          resolve(reply);
        };
        const leave = (): void => settle(undefined);
        const waiter: Waiter = { messageId, place: placeOf(address.chat, address.thread), settle };
        const timer = setTimeout(leave, timeoutMs);
        signal.addEventListener("abort", leave, { once: true });
        waiters.add(waiter);
      }),
    give(reply) {
      const inPlace = [...waiters].filter((waiter) => waiter.place === placeOf(reply.chat, reply.thread));
      // Messages that came while a turn ran are answered together, by one reply to the last of them.
      const last = inPlace.findLastIndex((waiter) => waiter.messageId === reply.replyToId);
      const takers = reply.replyToId === undefined ? inPlace : inPlace.slice(0, last + 1);
      for (const taker of takers) taker.settle(reply);
      return takers.length > 0;
    },
    close() {
      for (const waiter of waiters) waiter.settle(undefined);
    },
  };
}

function placeOf(chat: string, thread: string | undefined): string {
  return JSON.stringify(thread === undefined ? [chat] : [chat, thread]);
}
