import type { Client } from "irc-framework";
import { AppError } from "../../src/core/errors.ts";

const confirmMs = 60_000;

/** Lines on their way to one target. */
export interface Delivery {
  /** False: the connection is gone, the line was not written. */
  write(line: string): boolean;
  /**
   * Resolves once the server has dealt with all lines written so far: with undefined, or with the reason why it
   * refused. Throws AppError "send-uncertain" when the connection ends first, or the server is silent for 60 s.
   */
  confirm(): Promise<string | undefined>;
}

/** All deliveries of one connection. */
export interface Deliveries {
  open(target: string): Delivery;
  /** Waits until nothing is unconfirmed, at most that long. */
  settle(timeoutMs: number): Promise<void>;
  /** The connection is gone: whoever waits for a confirmation learns that it will not come. */
  fail(): void;
}

interface Question {
  readonly resolve: () => void;
  readonly reject: () => void;
}

/**
 * IRC confirms no message, but a server answers in order: once it answers a PING, it has dealt with every line before,
 * and a refusal of one of them ("no such nick") has come by then too.
 */
export function createDeliveries(client: Client): Deliveries {
  const questions = new Map<string, Question>();
  const refusals = new Set<(target: string, reason: string) => void>();
  let count = 0;
  let isOpen = true;

  client.on("pong", ({ message }) => questions.get(message)?.resolve());
  client.on("irc error", ({ error, nick, channel }) => {
    const target = channel ?? nick;
    if (target !== undefined) for (const tell of refusals) tell(client.caseLower(target), error);
  });

  async function ask(): Promise<void> {
    const token = `parlance-${(count += 1)}`;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const lost = (): void =>
      reject(new AppError("send-uncertain", "The connection to the IRC server ended before it confirmed the message."));
    questions.set(token, { resolve, reject: lost });
    const timer = setTimeout(lost, confirmMs);
    try {
      if (isOpen) client.raw(`PING ${token}`);
      else lost();
      await promise;
    } finally {
      clearTimeout(timer);
      questions.delete(token);
    }
  }

  return {
    open(target) {
      let refusal: string | undefined;
      const listen = (refused: string, reason: string): void => {
        if (refused === client.caseLower(target)) refusal ??= reason;
      };
      return {
        write(line) {
          refusals.add(listen);
          if (isOpen) client.raw(`PRIVMSG ${target} :${line}`);
          return isOpen;
        },
        async confirm() {
          try {
            await ask();
            return refusal;
          } finally {
            refusals.delete(listen);
          }
        },
      };
    },
    async settle(timeoutMs) {
      if (questions.size === 0) return;
      // Its own PING is answered behind all others.
      await Promise.race([
        ask().catch(() => undefined),
        new Promise((resolve) => setTimeout(resolve, timeoutMs).unref()),
      ]);
    },
    fail() {
      isOpen = false;
      for (const { reject } of questions.values()) reject();
    },
  };
}
