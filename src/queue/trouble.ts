import { describeError } from "../core/errors.ts";
import type { QueueSettings } from "./settings.ts";

const quietMs = 30_000;

/** A listener for "error" events that warns of the first and then, while they go on, every half a minute; a server that is away makes several a second. */
export function createTroubleListener({ log, now }: QueueSettings, server: string): (error: Error) => void {
  let quietUntil = 0;
  return (error) => {
    const isQuiet = now() < quietUntil;
    if (!isQuiet) quietUntil = now() + quietMs;
    log[isQuiet ? "debug" : "warn"]({ error: describeError(error) }, `The queue has trouble with ${server}.`);
  };
}
