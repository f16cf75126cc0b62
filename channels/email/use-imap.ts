import type { ImapFlow } from "imapflow";
import { AppError } from "../../src/core/errors.ts";
import { translateFailure } from "./imap.ts";
import { withTimeout } from "./timeout.ts";

const timeoutMs = 30_000;

/**
 * Works on a connection of its own, which is closed afterwards. Throws AppError: with retryAfterMs when the server
 * fails or takes more than 30 s, "aborted" as soon as the signal aborts.
 */
export async function useImap<T>(
  connect: (signal?: AbortSignal) => Promise<ImapFlow>,
  signal: AbortSignal,
  what: string,
  work: (client: ImapFlow) => Promise<T>,
): Promise<T> {
  const client = await connect(signal);
  // Whatever the work waits for fails then.
  const close = (): void => client.close();
  signal.addEventListener("abort", close, { once: true });
  try {
    return await withTimeout(work(client), timeoutMs, what);
  } catch (error) {
    if (signal.aborted) throw new AppError("aborted", `Nobody waits for ${what} any more.`, { cause: error });
    throw translateFailure(error);
  } finally {
    signal.removeEventListener("abort", close);
    client.close();
  }
}
