import type { Tool } from "../../core/tool.ts";
import { createCalendarTools, type CalendarOptions } from "./calendar.ts";
import { createFindPerson, type SearchPeople } from "./find-person.ts";

export interface DailyOptions extends CalendarOptions {
  /** Absent: find_person is not offered. */
  readonly searchPeople?: SearchPeople;
}

/** The calendar where one is configured, and people where they can be searched. */
export function createDailyTools({ searchPeople, ...options }: DailyOptions): readonly Tool[] {
  const services = options.services.filter(({ kind }) => kind === "calendar");
  return [
    ...(services.length === 0 ? [] : createCalendarTools({ ...options, services })),
    ...(searchPeople === undefined ? [] : [createFindPerson({ ...options, searchPeople })]),
  ];
}
