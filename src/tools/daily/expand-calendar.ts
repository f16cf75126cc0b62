import type ical from "ical.js";
import { AppError } from "../../core/errors.ts";
import { loadPackage } from "../../core/load-package.ts";
import { parseMoment } from "../basics/zoned-time.ts";

/** Where this module lies, for the thread that runs it. */
export const expandModule: string = import.meta.url;

export interface ExpandInput {
  readonly text: string;
  /** Epoch milliseconds; the end is exclusive. */
  readonly fromAt: number;
  readonly toAt: number;
  /** Of whole days, and of times that belong to no zone. */
  readonly timeZone: string;
}

/** One occurrence. */
export interface CalendarEntry {
  readonly startAt: number;
  readonly endAt: number;
  readonly isAllDay: boolean;
  /** False: whoever has it counts as free. */
  readonly isBusy: boolean;
  readonly title: string;
  readonly location: string;
}

type Component = InstanceType<typeof ical.Component>;
type Event = InstanceType<typeof ical.Event>;
type Time = InstanceType<typeof ical.Time>;
/** What ical.js calls occurrenceDetails; its types leave it open. */
interface Occurrence {
  readonly item: Event;
  readonly startDate: Time;
  readonly endDate: Time;
}

const maxEntries = 1000;
// Of one rule, from its first occurrence on: enough for 136 years of days.
const maxSteps = 50_000;
// More than zones and an exception for all that follows usually move an occurrence by.
const marginMs = 8 * 86_400_000;

/**
 * Runs in a thread of its own, because a rule may be made to be expanded for hours. What an ICS file (RFC 5545) has
 * within a window, by time: single events, occurrences of rules, and what exceptions made of them. Cancelled ones are
 * left out; so are events that cannot be read. Throws AppError "unsupported" when the text is no calendar.
 */
export async function expandCalendar({ text, fromAt, toAt, timeZone }: ExpandInput): Promise<readonly CalendarEntry[]> {
  const { default: library } = await loadPackage("ical.js", () => import("ical.js"));
  const calendars = parseCalendars();
  const events = calendars.flatMap((calendar) => calendar.getAllSubcomponents("vevent"));
  const exceptions = Map.groupBy(
    events.filter((event) => event.hasProperty("recurrence-id")),
    uidOf,
  );
  const series = events.filter((event) => !event.hasProperty("recurrence-id"));
  const known = new Set(series.map(uidOf));
  // An exception whose series is not in the file stands for itself.
  const orphans = [...exceptions].flatMap(([uid, parts]) => (known.has(uid) ? [] : parts));
  return [
    ...series.flatMap((event) => expand(event, exceptions.get(uidOf(event)) ?? [])),
    ...orphans.flatMap((event) => expand(event, [])),
  ]
    .toSorted((one, other) => one.startAt - other.startAt || one.title.localeCompare(other.title))
    .slice(0, maxEntries);

  function parseCalendars(): readonly Component[] {
    try {
      const parsed: unknown = library.parse(text);
      const roots = (Array.isArray(parsed) && typeof parsed[0] === "string" ? [parsed] : parsed) as unknown[][];
      const found = roots.map((root) => new library.Component(root)).filter(({ name }) => name === "vcalendar");
      if (found.length > 0) return found;
    } catch {
      // said below
    }
    throw new AppError("unsupported", "The calendar's address does not lead to a calendar (ICS).");
  }

  function expand(component: Component, parts: readonly Component[]): readonly CalendarEntry[] {
    try {
      const event = new library.Event(component, { exceptions: [...parts] });
      if (!event.isRecurring()) return toEntry(event, event.startDate, event.endDate);
      return expandSeries(event);
    } catch {
      return []; // one broken event does not hide the others
    }
  }

  function expandSeries(event: Event): readonly CalendarEntry[] {
    // An exception may have moved its occurrence into the window from anywhere: each is looked at by itself.
    const changed = Object.entries(event.exceptions).filter(([, part]) => !part.modifiesFuture());
    const entries = changed.flatMap(([, part]) => toEntry(part, part.startDate, part.endDate));
    const isChanged = new Set(changed.map(([, part]) => part.recurrenceId.toUnixTime()));
    const lengthMs = Math.abs(event.duration.toSeconds()) * 1000;
    const iterator = event.iterator(skipTo(event, fromAt - marginMs - lengthMs));
    for (let step = 0; step < maxSteps && entries.length < maxEntries; step += 1) {
      const time = iterator.next() as Time | null | undefined;
      if (time === null || time === undefined) break;
      if (dayOf(time) > toAt + marginMs) break;
      if (dayOf(time) + lengthMs < fromAt - marginMs || isChanged.has(time.toUnixTime())) continue;
      const { item, startDate, endDate } = event.getOccurrenceDetails(time) as Occurrence;
      entries.push(...toEntry(item, startDate, endDate));
    }
    return entries;
  }

  /** None when it is outside the window, or cancelled. */
  function toEntry(event: Event, start: Time, end: Time): readonly CalendarEntry[] {
    // Exact times are dear, and most of a calendar is years away.
    if (dayOf(start) > toAt + marginMs || dayOf(end) < fromAt - marginMs) return [];
    const startAt = toEpoch(start, event);
    const endAt = Math.max(startAt, toEpoch(end, event));
    const isWithin = startAt < toAt && (endAt > fromAt || (endAt === startAt && startAt >= fromAt));
    if (!isWithin || readText(event.component, "status").toUpperCase() === "CANCELLED") return [];
    return [
      {
        startAt,
        endAt,
        isAllDay: start.isDate,
        isBusy: readText(event.component, "transp").toUpperCase() !== "TRANSPARENT",
        title: readText(event.component, "summary").slice(0, 300),
        location: readText(event.component, "location").slice(0, 200),
      },
    ];
  }

  /** A zone of the file itself is known to ical.js; any other is looked for among those of this machine. */
  function toEpoch(time: Time, event: Event): number {
    const isFloating = time.isDate || time.zone.tzid === "floating";
    if (!isFloating) return time.toUnixTime() * 1000;
    const wall = time.toString().slice(0, 19);
    const named = time.isDate ? undefined : event.component.getFirstProperty("dtstart")?.getFirstParameter("tzid");
    try {
      return parseMoment(wall, named ?? timeZone);
    } catch {
      return parseMoment(wall, timeZone);
    }
  }
}

/**
 * A later first occurrence from which a series goes on just the same: each step costs, and many a daily meeting is
 * years old. Undefined where a rule counts, or has periods of no fixed length.
 */
function skipTo(event: Event, at: number): Time | undefined {
  const rules = event.component.getAllProperties("rrule").map((property) => property.getFirstValue());
  const [rule] = rules as unknown as readonly InstanceType<typeof ical.Recur>[];
  if (rules.length !== 1 || rule === undefined || rule.count !== null) return undefined;
  const days = rule.freq === "DAILY" ? rule.interval : rule.freq === "WEEKLY" ? 7 * rule.interval : undefined;
  if (days === undefined) return undefined;
  const start = event.startDate.clone();
  const periods = Math.floor((at - dayOf(start)) / (days * 86_400_000)) - 1;
  if (periods <= 0) return undefined;
  start.adjust(periods * days, 0, 0, 0);
  return start;
}

/** Midnight of its day, as if every clock stood at UTC. */
function dayOf({ year, month, day }: Time): number {
  return Date.UTC(year, month - 1, day);
}

function uidOf(event: Component): string {
  return readText(event, "uid");
}

function readText(component: Component, name: string): string {
  const value: unknown = component.getFirstPropertyValue(name);
  return typeof value === "string" ? value : "";
}
