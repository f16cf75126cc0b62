import type { WorkflowList } from "../../core/workflow-board.ts";
import { findCronFault } from "../../scheduler/triggers/cron.ts";
import { parseDigestWhen } from "../../scheduler/triggers/digest-pattern.ts";
import { listSlots, type Wall } from "./workflow-views.ts";

/** The configured digests by name. */
export type Digests = Readonly<Record<string, { readonly when: string }>>;

/** When each digest comes next, the soonest first; one whose time cannot be kept has none. */
export function listDigestTimes(digests: Digests, { now, timeZone }: Wall): WorkflowList["digests"] {
  const times = Object.entries(digests).map(([name, { when }]) => {
    const pattern = parseDigestWhen(when);
    const isKept = pattern !== undefined && findCronFault(pattern, timeZone) === undefined;
    const [nextAt] = isKept ? listSlots(pattern, timeZone, now, 1) : [];
    return { name, when, ...(nextAt === undefined ? {} : { nextAt }) };
  });
  return times.toSorted((a, b) => (a.nextAt ?? Infinity) - (b.nextAt ?? Infinity));
}
