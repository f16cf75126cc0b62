import { setTimeout as wait } from "node:timers/promises";
import type { ImapFlow } from "imapflow";
import type { ChannelContext, ChannelSink } from "../../src/core/channel.ts";
import { AppError, isAppError } from "../../src/core/errors.ts";
import type { EmailOptions } from "./config.ts";
import { translateFailure } from "./imap.ts";
import { openReadOnly } from "./mailboxes.ts";
import { receiveNew } from "./receive.ts";
import type { SentWatch } from "./sent-watch.ts";
import type { Threads } from "./threads.ts";

const refusedIdleMs = 10_000;

export interface MailboxWatch {
  readonly channel: ChannelContext<EmailOptions>;
  readonly threads: Threads;
  readonly sent: SentWatch;
  readonly sink: ChannelSink;
  /** Looks for new mail this often even when the server stays silent: it tells of one mailbox only, and some forget. */
  readonly pollMs: number;
  /** Opens a connection that is logged in. */
  readonly connect: (signal: AbortSignal) => Promise<ImapFlow>;
  /** Told of the connection while it can be used by others, and with undefined when it cannot any more. */
  readonly onClient: (client: ImapFlow | undefined) => void;
}

/**
 * One life of the receiving connection: opens the mailbox read-only (no mail is marked as read), takes what is new
 * there and in the Sent mailbox, then waits in IDLE. Resolves when the signal aborts or the server hangs up; throws
 * AppError on failures.
 */
export async function watchMailbox(watch: MailboxWatch, signal: AbortSignal, up: () => void): Promise<void> {
  const { channel, threads, sink, sent, pollMs, onClient } = watch;
  const client = await watch.connect(signal);
  let bell = Promise.withResolvers<void>();
  let hasNews = false;
  const ring = (): void => {
    hasNews = true;
    bell.resolve();
  };
  const hangUp = (): void => {
    ring();
    void Promise.race([client.logout(), wait(300)]).then(
      () => client.close(),
      () => client.close(),
    );
  };
  client.on("exists", ring);
  client.on("close", ring);
  signal.addEventListener("abort", hangUp, { once: true });
  try {
    if (signal.aborted) return;
    await openMailbox(client, channel.options.mailbox);
    onClient(client);
    up();
    while (!signal.aborted && client.usable) {
      hasNews = false;
      bell = Promise.withResolvers();
      // Each round needs the one before: it moved the cursor.
      await receiveNew({ client, channel, threads, sink, signal });
      if (signal.aborted || !client.usable) continue;
      if (await sent.look(client, sink, signal)) {
        await openMailbox(client, channel.options.mailbox);
        // Of what came there meanwhile nobody told.
        hasNews = true;
      }
      if (!hasNews && !signal.aborted && client.usable) await waitForNews(client, bell.promise, pollMs, signal);
    }
  } catch (error) {
    if (signal.aborted) return;
    throw isAppError(error) ? asRetryable(error) : translateFailure(error);
  } finally {
    onClient(undefined);
    signal.removeEventListener("abort", hangUp);
    client.close();
  }
}

/** imapflow's own automatic IDLE starts only after seconds of silence, so it is off and this is explicit. */
async function waitForNews(client: ImapFlow, news: Promise<void>, pollMs: number, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  const pause = (ms: number): Promise<void> => wait(ms, undefined, { signal: stop }).catch(() => undefined);
  const idle = async (): Promise<void> => {
    const result = await client.idle().catch(() => false);
    // A server without a working IDLE must not make this loop spin.
    if (result === false) await pause(refusedIdleMs);
  };
  await Promise.race([idle(), news, pause(pollMs)]);
  over.abort();
}

async function openMailbox(client: ImapFlow, path: string): Promise<void> {
  try {
    await openReadOnly(client, path);
  } catch (error) {
    if ((error as { serverResponseCode?: string }).serverResponseCode !== "NONEXISTENT") throw error;
    throw new AppError("config-invalid", `The mailbox "${path}" does not exist.`, {
      hint: "Check mailbox.",
      cause: error,
    });
  }
}

/** A mail that could not be stored comes again: whatever the store said, waiting is what mends it. */
function asRetryable(error: AppError): AppError {
  if (
    error.retryAfterMs !== undefined ||
    error.code === "unauthorised" ||
    error.code === "config-invalid" ||
    error.code === "package-missing"
  )
    return error;
  return new AppError(error.code, error.message, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    retryAfterMs: 1_000,
    cause: error,
  });
}
