import { AppError } from "../../src/core/errors.ts";
import { handleEvent, type Intake } from "./receive.ts";
import { openEvents } from "./rpc.ts";
import { readEvents } from "./sse.ts";

/** Far beyond any message: texts are at most 64 KiB, and files are fetched on their own. */
const maxEventLength = 4 * 1_048_576;
const cursorKey = "last-event-id";
/** When the stream was first open, in epoch milliseconds. */
const firstOpenKey = "first-open-at";
/** By so much the clock of this machine may be ahead of Signal's. */
const clockSlackMs = 5 * 60_000;
/** No daemon gives such an id, and for one that it does not know it sends all that it has kept: up to 1,000 events. */
const beforeAllIds = "0";

/**
 * Reads the daemon's stream until it ends: one event after the other, the next only once the last is stored, so that
 * nothing overtakes and nothing piles up here. Where the daemon counts its events, the last one that was stored is
 * kept, and the stream begins behind it the next time. Until one was, it begins with what came since the stream was first
 * open. Throws AppError "unreachable" when the stream goes silent.
 */
export async function runEvents(intake: Intake, up: () => void): Promise<void> {
  const { context, signal } = intake;
  const silent = new AbortController();
  const silentMs = context.options.silentSeconds * 1_000;
  let watch: NodeJS.Timeout | undefined;
  const listen = (): void => {
    clearTimeout(watch);
    watch = setTimeout(() => silent.abort(), silentMs);
  };
  listen();
  try {
    const { lastEventId, notBefore } = await findPlace(intake);
    const both = AbortSignal.any([signal, silent.signal]);
    await openEvents(context.options, lastEventId, both, async (stream) => {
      up();
      await keepFirstOpening(intake);
      for await (const item of readEvents(stream, maxEventLength)) {
        if (item === "too-large")
          context.log.error({}, "An event of signal-cli was beyond all bounds and is passed by");
        else if (item !== "alive") {
          // Silence while we store is our own.
          clearTimeout(watch);
          // Daemons that do not count their events have kept none.
          await handleEvent(item.data, intake, item.id === undefined ? undefined : notBefore);
          if (item.id !== undefined) await keepCursor(intake, item.id);
        }
        listen();
      }
    });
  } catch (error) {
    if (!silent.signal.aborted || signal.aborted) throw error;
    throw new AppError("unreachable", "signal-cli has gone silent.", { retryAfterMs: 1 });
  } finally {
    clearTimeout(watch);
  }
}

interface Place {
  readonly lastEventId?: string;
  /** Epoch milliseconds; what is older is nothing to us. */
  readonly notBefore?: number;
}

async function findPlace({ context }: Intake): Promise<Place> {
  const lastEventId = await context.state.get(cursorKey);
  if (lastEventId !== undefined) return { lastEventId };
  const firstOpenAt = await context.state.get(firstOpenKey);
  // What people wrote before we were ever there they did not write to us.
  return firstOpenAt === undefined ? {} : { lastEventId: beforeAllIds, notBefore: Number(firstOpenAt) - clockSlackMs };
}

/** Where it could not be kept, what is said before the first event comes may be lost with the connection. */
async function keepFirstOpening({ context }: Intake): Promise<void> {
  try {
    if ((await context.state.get(firstOpenKey)) === undefined)
      await context.state.set(firstOpenKey, String(context.now()));
  } catch {
    // It is tried again with the next connection.
  }
}

/** A place that could not be kept is kept with the next event; until then the daemon repeats more than it has to. */
async function keepCursor({ context }: Intake, id: string): Promise<void> {
  await context.state.set(cursorKey, id).catch(() => undefined);
}
