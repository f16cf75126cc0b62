import type ical from "ical.js";
import type { FollowUpRecord, PromiseRecord } from "../core/cdc.ts";
import { loadPackage } from "../core/load-package.ts";
import { findDueMoment } from "./follow-ups/due-moment.ts";
import { createWallClock } from "./wall-clock.ts";

export interface CalendarFacts {
  readonly promises: readonly PromiseRecord[];
  readonly followUps: readonly FollowUpRecord[];
  /** Of the owner: what days and times of promises are meant in. */
  readonly timeZone: string;
  readonly now: number;
  /** What people call a conversation; its id where undefined. */
  readonly nameOf?: (conversation: string) => string | undefined;
}

const halfHourMs = 1_800_000;
const maxSummaryChars = 200;
const maxLineOctets = 75;
/** What RFC 5545 allows in no text. */
const controls = /[\u0000-\u0008\u000b-\u001f\u007f]/g;

const namesOfKinds: Readonly<Record<FollowUpRecord["kind"], string>> = {
  answer: "Mail is looked at again",
  reminder: "Reminder: no answer yet",
  promise: "A promise is due",
  snooze: "A draft is shown again",
};

/**
 * Promises and follow-ups as a calendar (RFC 5545). What has a day is an event, which every calendar shows, marked as free
 * time; a promise without one is a task. The same record keeps its UID, so that importing twice makes nothing twice.
 * Throws AppError "package-missing" where ical.js is not installed.
 */
export async function formatCalendar(facts: CalendarFacts): Promise<string> {
  const { default: library } = await loadPackage("ical.js", () => import("ical.js"));
  const readClock = createWallClock();
  const { timeZone, now, nameOf = () => undefined } = facts;
  const calendar = new library.Component("vcalendar");
  calendar.updatePropertyWithValue("version", "2.0");
  calendar.updatePropertyWithValue("prodid", "-//Parlance//Promises and follow-ups//EN");
  calendar.updatePropertyWithValue("calscale", "GREGORIAN");
  for (const promise of facts.promises) calendar.addSubcomponent(toPromise(promise));
  const waiting = facts.followUps.filter(({ state, kind }) => state === "waiting" && kind !== "promise");
  for (const followUp of waiting) calendar.addSubcomponent(toFollowUp(followUp));
  return foldLines(calendar.toString());

  function toPromise({ id, madeBy, person, text, due, state, conversation }: PromiseRecord): ical.Component {
    const [date = "", time] = due?.split(" ") ?? [];
    const dueAt = due === undefined ? undefined : findDueMoment(due, timeZone, readClock);
    const summary = `${madeBy === "owner" ? "You" : person} promised: ${text}`;
    const component = define(dueAt === undefined ? "vtodo" : "vevent", `promise-${id}`, summary, conversation);
    if (dueAt === undefined) {
      component.updatePropertyWithValue("status", state === "open" ? "NEEDS-ACTION" : "COMPLETED");
      return component;
    }
    if (time === undefined) component.updatePropertyWithValue("dtstart", library.Time.fromDateString(date));
    else setTimes(component, dueAt);
    return component;
  }

  function toFollowUp({ id, kind, reason, dueAt, conversation }: FollowUpRecord): ical.Component {
    const summary = reason === "" ? namesOfKinds[kind] : `${namesOfKinds[kind]}: ${reason}`;
    const component = define("vevent", `follow-up-${id}`, summary, conversation);
    setTimes(component, dueAt);
    return component;
  }

  function define(name: "vevent" | "vtodo", id: string, summary: string, conversation: string): ical.Component {
    const component = new library.Component(name);
    component.updatePropertyWithValue("uid", `${id}@parlance`);
    component.updatePropertyWithValue("dtstamp", toTime(now));
    component.updatePropertyWithValue(
      "summary",
      clean(summary.replaceAll(/\s+/g, " ").trim()).slice(0, maxSummaryChars).toWellFormed(),
    );
    component.updatePropertyWithValue("description", clean(nameOf(conversation) ?? conversation));
    if (name === "vevent") component.updatePropertyWithValue("transp", "TRANSPARENT");
    return component;
  }

  function setTimes(component: ical.Component, at: number): void {
    component.updatePropertyWithValue("dtstart", toTime(at));
    component.updatePropertyWithValue("dtend", toTime(at + halfHourMs));
  }

  function toTime(at: number): ical.Time {
    return library.Time.fromJSDate(new Date(at), true);
  }
}

function clean(text: string): string {
  return text.toWellFormed().replaceAll(controls, "");
}

/** Folds lines anew: ical.js does not count the blank that a line goes on with, and makes them an octet too long. */
function foldLines(text: string): string {
  const encoder = new TextEncoder();
  const lines = text.replaceAll("\r\n ", "").split("\r\n");
  return lines.map((line) => `${fold(line)}\r\n`).join("");

  function fold(line: string): string {
    let folded = "";
    let octets = 0;
    for (const character of line) {
      const { length } = encoder.encode(character);
      if (octets + length > maxLineOctets) {
        folded += "\r\n ";
        octets = 1;
      }
      folded += character;
      octets += length;
    }
    return folded;
  }
}
