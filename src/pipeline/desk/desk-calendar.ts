import { formatCalendar } from "../../cdc/ics.ts";
import type { Store } from "../../core/store.ts";

/** As many as a calendar shows; the first ones due. */
const maxEntries = 1_000;

/**
 * Open promises and what is looked at again later, as a calendar file (RFC 5545). Throws AppError "package-missing"
 * where ical.js is not installed.
 */
export async function formatDeskCalendar(store: Store, timeZone: string, now: number): Promise<string> {
  const [promises, followUps] = await Promise.all([
    store.cdc.openPromises(maxEntries),
    store.cdc.waitingFollowUps(maxEntries),
  ]);
  return formatCalendar({ promises, followUps, timeZone, now });
}
