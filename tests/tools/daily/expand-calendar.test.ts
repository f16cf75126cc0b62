import { describe, expect, it } from "vitest";
import { expandCalendar } from "../../../src/tools/daily/expand-calendar.ts";

const zone = `BEGIN:VTIMEZONE
TZID:Own/Berlin
BEGIN:STANDARD
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
END:VTIMEZONE`;

const calendar = (...events: readonly string[]) =>
  [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//x//y//EN",
    zone,
    ...events.map((lines) => `BEGIN:VEVENT\n${lines}\nEND:VEVENT`),
    "END:VCALENDAR",
  ]
    .join("\n")
    .replaceAll("\n", "\r\n");

async function expand(from: string, to: string, ...events: readonly string[]) {
  const found = await expandCalendar({
    text: calendar(...events),
    fromAt: Date.parse(from),
    toAt: Date.parse(to),
    timeZone: "Europe/Berlin",
  });
  return found.map(({ startAt, endAt, title }) => {
    const [start, end] = [startAt, endAt].map((at) => new Date(at).toISOString().slice(0, 16));
    return `${start}/${end} ${title}`;
  });
}

describe("expandCalendar", () => {
  it("keeps the wall clock of a series across the change of summer time", async () => {
    const weekly =
      "UID:a\nDTSTART;TZID=Own/Berlin:20300318T090000\nDTEND;TZID=Own/Berlin:20300318T093000\nRRULE:FREQ=WEEKLY\nSUMMARY:Stand-up";
    expect(await expand("2030-03-25", "2030-04-09", weekly)).toEqual([
      "2030-03-25T08:00/2030-03-25T08:30 Stand-up",
      "2030-04-01T07:00/2030-04-01T07:30 Stand-up",
      "2030-04-08T07:00/2030-04-08T07:30 Stand-up",
    ]);
  });

  it("reads zones that the file does not define, times of no zone, UTC and durations", async () => {
    expect(
      await expand(
        "2030-07-01",
        "2030-07-02",
        "UID:a\nDTSTART;TZID=America/New_York:20300701T090000\nDURATION:PT1H\nSUMMARY:New York",
        "UID:b\nDTSTART:20300701T090000\nDTEND:20300701T100000\nSUMMARY:Floating",
        "UID:c\nDTSTART:20300701T090000Z\nDTEND:20300701T091500Z\nSUMMARY:UTC",
        "UID:d\nDTSTART;TZID=Nobody/Knows:20300701T120000\nDTEND;TZID=Nobody/Knows:20300701T130000\nSUMMARY:Unknown",
      ),
    ).toEqual([
      "2030-07-01T07:00/2030-07-01T08:00 Floating",
      "2030-07-01T09:00/2030-07-01T09:15 UTC",
      "2030-07-01T10:00/2030-07-01T11:00 Unknown",
      "2030-07-01T13:00/2030-07-01T14:00 New York",
    ]);
  });

  it("keeps the wall clock of a series in a zone that only this machine knows", async () => {
    const series =
      "UID:a\nDTSTART;TZID=America/New_York:20300304T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=3\nSUMMARY:x";
    expect(await expand("2030-03-01", "2030-04-01", series)).toEqual([
      "2030-03-04T14:00/2030-03-04T15:00 x",
      "2030-03-11T13:00/2030-03-11T14:00 x",
      "2030-03-18T13:00/2030-03-18T14:00 x",
    ]);
  });

  it("has whole days from midnight to midnight where the owner is", async () => {
    expect(
      await expand(
        "2030-01-31",
        "2030-02-01",
        "UID:a\nDTSTART;VALUE=DATE:20300131\nDTEND;VALUE=DATE:20300202\nSUMMARY:Trip\nTRANSP:TRANSPARENT",
        "UID:b\nDTSTART;VALUE=DATE:20300130\nSUMMARY:The day before",
      ),
    ).toEqual(["2030-01-30T23:00/2030-02-01T23:00 Trip"]);
    const [trip] = await expandCalendar({
      text: calendar("UID:a\nDTSTART;VALUE=DATE:20300131\nSUMMARY:Trip\nTRANSP:TRANSPARENT"),
      fromAt: Date.parse("2030-01-31"),
      toAt: Date.parse("2030-02-01"),
      timeZone: "Europe/Berlin",
    });
    expect(trip).toMatchObject({ isAllDay: true, isBusy: false });
  });

  it("does to a series what its exceptions say: left out, moved, renamed, cancelled, added", async () => {
    const series = [
      "UID:s\nDTSTART:20300101T090000Z\nDTEND:20300101T100000Z\nRRULE:FREQ=DAILY;COUNT=6\nEXDATE:20300102T090000Z\nRDATE:20300110T120000Z\nSUMMARY:Daily",
      "UID:s\nRECURRENCE-ID:20300103T090000Z\nDTSTART:20300103T150000Z\nDTEND:20300103T153000Z\nSUMMARY:Later",
      "UID:s\nRECURRENCE-ID:20300104T090000Z\nDTSTART:20300104T090000Z\nSTATUS:CANCELLED\nSUMMARY:Daily",
      "UID:other\nRECURRENCE-ID:20300105T090000Z\nDTSTART:20300105T230000Z\nDTEND:20300105T233000Z\nSUMMARY:Alone",
    ];
    expect(await expand("2030-01-01", "2030-02-01", ...series)).toEqual([
      "2030-01-01T09:00/2030-01-01T10:00 Daily",
      "2030-01-03T15:00/2030-01-03T15:30 Later",
      "2030-01-05T09:00/2030-01-05T10:00 Daily",
      "2030-01-05T23:00/2030-01-05T23:30 Alone",
      "2030-01-06T09:00/2030-01-06T10:00 Daily",
      "2030-01-10T12:00/2030-01-10T13:00 Daily",
    ]);
  });

  it("finds an occurrence that was moved into the window from behind it", async () => {
    const series = [
      "UID:s\nDTSTART:20300101T090000Z\nDTEND:20300101T100000Z\nRRULE:FREQ=MONTHLY\nSUMMARY:Monthly",
      "UID:s\nRECURRENCE-ID:20300401T090000Z\nDTSTART:20300115T090000Z\nDTEND:20300115T100000Z\nSUMMARY:Early",
    ];
    expect(await expand("2030-01-10", "2030-01-20", ...series)).toEqual(["2030-01-15T09:00/2030-01-15T10:00 Early"]);
  });

  it("cuts what touches the window only, and shows what lasts through it", async () => {
    const event = (uid: string, start: string, end: string) =>
      `UID:${uid}\nDTSTART:${start}\nDTEND:${end}\nSUMMARY:${uid}`;
    expect(
      await expand(
        "2030-01-02",
        "2030-01-03",
        event("before", "20300101T230000Z", "20300102T000000Z"),
        event("after", "20300103T000000Z", "20300103T010000Z"),
        event("through", "20300101T000000Z", "20300105T000000Z"),
        event("instant", "20300102T000000Z", "20300102T000000Z"),
      ),
    ).toEqual(["2030-01-01T00:00/2030-01-05T00:00 through", "2030-01-02T00:00/2030-01-02T00:00 instant"]);
  });

  it("keeps the rhythm of series that began long ago", async () => {
    const daily =
      "UID:d\nDTSTART:20010101T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;INTERVAL=3\nEXDATE:20300102T090000Z\nSUMMARY:d";
    const weekly =
      "UID:w\nDTSTART:19990105T090000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH\nSUMMARY:w";
    const counted = "UID:c\nDTSTART:20200101T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=100\nSUMMARY:c";
    const over = "UID:o\nDTSTART:20200101T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20290101T000000Z\nSUMMARY:o";
    const day = 86_400_000;
    const expected = Array.from({ length: 31 }, (_, index) => Date.parse("2030-01-01") + index * day).flatMap((at) => {
      const sinceDaily = (at - Date.parse("2001-01-01")) / day;
      const sinceWeekly = (at - Date.parse("1999-01-05")) / day;
      const date = new Date(at).toISOString().slice(0, 10);
      return [
        ...(sinceDaily % 3 === 0 && date !== "2030-01-02" ? [`${date} d`] : []),
        ...([0, 2].includes(sinceWeekly % 14) ? [`${date} w`] : []),
      ];
    });
    const found = await expand("2030-01-01", "2030-02-01", daily, weekly, counted, over);
    expect(found.map((line) => `${line.slice(0, 10)} ${line.at(-1)}`)).toEqual(expected);
  });

  it("is not hindered by events that are broken or never end", async () => {
    const good = "UID:g\nDTSTART:20300102T090000Z\nDTEND:20300102T100000Z\nSUMMARY:Good";
    const broken = "UID:b\nSUMMARY:No start";
    const endless = "UID:e\nDTSTART:20000101T000000Z\nRRULE:FREQ=SECONDLY\nSUMMARY:Endless";
    const never = "UID:n\nDTSTART:20300101T000000Z\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31\nSUMMARY:Never";
    expect(await expand("2030-01-02", "2030-01-03", broken, endless, good, never)).toEqual([
      "2030-01-02T09:00/2030-01-02T10:00 Good",
    ]);
  });

  it("says when it is no calendar", async () => {
    const window = { fromAt: 0, toAt: 1, timeZone: "UTC" };
    for (const text of ["", "<html>Sign in</html>", "BEGIN:VCARD\r\nFN:x\r\nEND:VCARD"])
      await expect(expandCalendar({ text, ...window }), text).rejects.toMatchObject({ code: "unsupported" });
  });
});
