import fc from "fast-check";
import ical from "ical.js";
import { describe, expect, it } from "vitest";
import { formatCalendar, type CalendarFacts } from "../../src/cdc/ics.ts";
import type { FollowUpRecord, PromiseRecord } from "../../src/core/cdc.ts";

const promise: PromiseRecord = {
  id: "p1",
  conversation: "mail/t1",
  madeBy: "owner",
  person: "Jo",
  text: "I'll send the list",
  due: "2026-03-06",
  state: "open",
  at: 1,
};
const followUp: FollowUpRecord = {
  id: "f1",
  conversation: "mail/t1",
  kind: "reminder",
  ref: "",
  reason: "you asked",
  state: "waiting",
  dueAt: Date.parse("2026-03-09T08:00:00Z"),
  createdAt: 1,
};
const now = Date.parse("2026-03-04T09:00:00Z");
const format = (facts: Partial<CalendarFacts>) =>
  formatCalendar({ promises: [], followUps: [], timeZone: "Europe/Berlin", now, ...facts });
const parse = (text: string) => {
  const calendar = ical.Component.fromString(text);
  return calendar.getAllSubcomponents().map((component) => ({
    component: component.name,
    uid: component.getFirstPropertyValue("uid"),
    summary: component.getFirstPropertyValue("summary"),
    start: component.getFirstPropertyValue("dtstart")?.toString(),
    end: component.getFirstPropertyValue("dtend")?.toString(),
  }));
};

describe("promises and follow-ups as a calendar", () => {
  it("are read back as they were: a day, a time, a task without a day", async () => {
    const text = await format({
      promises: [
        promise,
        { ...promise, id: "p2", due: "2026-03-29 12:00", madeBy: "other", person: "Ben" },
        { ...promise, id: "p3", due: undefined as never },
      ],
      followUps: [followUp],
    });
    expect(parse(text)).toEqual([
      {
        component: "vevent",
        uid: "promise-p1@parlance",
        summary: "You promised: I'll send the list",
        start: "2026-03-06",
        end: undefined,
      },
      {
        component: "vevent",
        uid: "promise-p2@parlance",
        summary: "Ben promised: I'll send the list",
        start: "2026-03-29T10:00:00Z",
        end: "2026-03-29T10:30:00Z",
      },
      {
        component: "vtodo",
        uid: "promise-p3@parlance",
        summary: "You promised: I'll send the list",
        start: undefined,
        end: undefined,
      },
      {
        component: "vevent",
        uid: "follow-up-f1@parlance",
        summary: "Reminder: no answer yet: you asked",
        start: "2026-03-09T08:00:00Z",
        end: "2026-03-09T08:30:00Z",
      },
    ]);
  });

  it("leave out what is settled, and follow-ups that only bring up a promise shown already", async () => {
    const text = await format({
      followUps: [
        { ...followUp, state: "fired" },
        { ...followUp, id: "f2", kind: "promise" },
      ],
    });
    expect(parse(text)).toEqual([]);
  });

  it("are valid whatever people wrote: lines of 75 octets, no line of theirs, the words kept", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.constant('a\r\nEND:VCALENDAR\r\nBEGIN:VEVENT;,\\ "x" \u0000 é'.repeat(3)),
        ),
        async (said) => {
          const text = await format({
            promises: [{ ...promise, text: said }],
            followUps: [{ ...followUp, reason: said }],
          });
          expect(text.endsWith("\r\nEND:VCALENDAR\r\n")).toBe(true);
          const lines = text.split("\r\n").slice(0, -1);
          for (const line of lines) {
            expect(new TextEncoder().encode(line).length).toBeLessThanOrEqual(75);
            expect(line).not.toMatch(/[\n\r\u0000]/);
          }
          const [event, ...rest] = parse(text);
          expect(rest).toHaveLength(1);
          const kept = `You promised: ${said}`
            .replaceAll(/\s+/g, " ")
            .trim()
            .toWellFormed()
            .replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f]/g, "")
            .slice(0, 200)
            .toWellFormed();
          expect(event?.summary).toBe(kept);
        },
      ),
      { numRuns: 60 },
    );
  });
});
