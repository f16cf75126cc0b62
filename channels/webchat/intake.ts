import type { SocketConnection } from "../../src/core/channel.ts";
import { maxFrameChars } from "./protocol.ts";

export interface IntakeLimits {
  readonly framesPerSecond: number;
  /** Frames waiting for the ones before them. */
  readonly maxWaiting: number;
}

/**
 * Hands over a page's frames one after the other, in order, however long each takes. Closes the connection when they
 * are too large, too many at once or too fast. `run` must not reject.
 */
export function readFrames(
  connection: SocketConnection,
  limits: IntakeLimits,
  now: () => number,
  run: (text: string) => Promise<void>,
): void {
  const burst = limits.framesPerSecond * 2;
  let tokens = burst;
  let filledAt = now();
  let waiting = 0;
  let isClosed = false;
  let last = Promise.resolve();

  function close(code: number, reason: string): void {
    isClosed = true;
    connection.close(code, reason);
  }

  function takeToken(): boolean {
    const at = now();
    tokens = Math.min(burst, tokens + (Math.max(0, at - filledAt) / 1000) * limits.framesPerSecond);
    filledAt = at;
    if (tokens < 1) return false;
    tokens--;
    return true;
  }

  async function runNext(text: string): Promise<void> {
    waiting--;
    if (!isClosed) await run(text);
  }

  connection.onClose(() => {
    isClosed = true;
  });
  connection.onFrame((text) => {
    if (isClosed) return;
    if (text.length > maxFrameChars) return close(1009, "frame too large");
    if (!takeToken()) return close(1013, "too many frames");
    if (waiting >= limits.maxWaiting) return close(1013, "too many frames waiting");
    waiting++;
    last = last.then(() => runNext(text));
  });
}
