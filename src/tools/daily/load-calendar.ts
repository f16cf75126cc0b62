import { AppError } from "../../core/errors.ts";
import { runApart } from "../../core/run-apart.ts";
import type { ConfiguredService } from "../configured.ts";
import { callService, type CallContext, type Reach } from "../reach.ts";
import { expandModule, type CalendarEntry, type ExpandInput } from "./expand-calendar.ts";

export interface CalendarWindow {
  readonly fromAt: number;
  readonly toAt: number;
  readonly timeZone: string;
}

/** An occurrence, and the calendar that has it. */
export interface OwnedEntry extends CalendarEntry {
  readonly calendar: string;
}

export interface LoadedCalendars {
  /** By time. */
  readonly entries: readonly OwnedEntry[];
  /** Names of those that could not be read now. */
  readonly missing: readonly string[];
}

/** Reads these calendars over a window. Throws what the first of them failed with when all of them did. */
export async function loadCalendars(
  reach: Reach,
  calendars: readonly ConfiguredService[],
  window: CalendarWindow,
  context: CallContext,
): Promise<LoadedCalendars> {
  const results = await Promise.allSettled(calendars.map((calendar) => loadOne(reach, calendar, window, context)));
  const missing = calendars.flatMap(({ name }, index) => (results[index]?.status === "rejected" ? [name] : []));
  const [first] = results;
  if (first?.status === "rejected" && missing.length === calendars.length) throw first.reason;
  if (context.signal.aborted) throw new AppError("aborted", "The call was stopped.");
  const entries = results.flatMap((result) => (result.status === "fulfilled" ? result.value : []));
  return { entries: entries.toSorted((one, other) => one.startAt - other.startAt), missing };
}

async function loadOne(
  reach: Reach,
  calendar: ConfiguredService,
  window: CalendarWindow,
  context: CallContext,
): Promise<readonly OwnedEntry[]> {
  const service = { ...calendar, url: calendar.url.replace(/^webcals?:/i, "https:") };
  const call = { path: "", headers: { accept: "text/calendar, */*" }, maxBytes: 8 * 1_048_576, isAddressSecret: true };
  const { body } = await callService(reach, service, call, context);
  const input: ExpandInput = { ...window, text: new TextDecoder().decode(body) };
  const entries = await runApart<readonly CalendarEntry[]>({
    where: "thread",
    module: expandModule,
    name: "expandCalendar",
    input,
    timeoutMs: 30_000,
    maxMemoryMb: 256,
    signal: context.signal,
  });
  return entries.map((entry) => ({ ...entry, calendar: calendar.name }));
}
