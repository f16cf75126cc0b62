import { AppError } from "../../src/core/errors.ts";
import { handleEvent, type Intake } from "./receive.ts";
import { openEvents } from "./rpc.ts";
import { readEvents } from "./sse.ts";

/** Far beyond any message: texts are at most 64 KiB, and files are fetched on their own. */
const maxEventLength = 4 * 1_048_576;
const cursorKey = "last-event-id";

/**
 * Reads the daemon's stream until it ends: one event after the other, the next only once the last is stored, so that
 * nothing overtakes and nothing piles up here. Where the daemon counts its events, the last one that was stored is
 * kept, and the stream begins behind it the next time. Throws AppError "unreachable" when the stream goes silent.
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
    const lastEventId = await context.state.get(cursorKey);
    const both = AbortSignal.any([signal, silent.signal]);
    await openEvents(context.options, lastEventId, both, async (stream) => {
      up();
      for await (const item of readEvents(stream, maxEventLength)) {
        if (item === "too-large")
          context.log.error({}, "An event of signal-cli was beyond all bounds and is passed by");
        else if (item !== "alive") {
          // Silence while we store is our own.
          clearTimeout(watch);
          await handleEvent(item.data, intake);
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

/** A place that could not be kept is kept with the next event; until then the daemon repeats more than it has to. */
async function keepCursor({ context }: Intake, id: string): Promise<void> {
  await context.state.set(cursorKey, id).catch(() => undefined);
}
