import { describe, expect, it } from "vitest";
import type { EgressRecord } from "../../../src/core/records.ts";
import { createEgress } from "../../../src/safety/egress.ts";
import { createCalendarTools } from "../../../src/tools/daily/calendar.ts";
import { findFreeSlots } from "../../../src/tools/daily/free-slots.ts";
import { createToolContext, testTool } from "../../contracts/tool.ts";
import { startService } from "../local-server.ts";

const ics = (...events: readonly string[]) =>
  [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    ...events.map((lines) => `BEGIN:VEVENT\n${lines}\nEND:VEVENT`),
    "END:VCALENDAR",
    "",
  ]
    .join("\n")
    .replaceAll("\n", "\r\n");
/** The clock of the tests stands on Thursday, 2030-01-31, 13:00 in Berlin. */
const work = ics(
  "UID:a\nDTSTART;TZID=Europe/Berlin:20300128T090000\nDTEND;TZID=Europe/Berlin:20300128T091500\nRRULE:FREQ=DAILY\nSUMMARY:Stand-up\nLOCATION:Room 1",
  "UID:b\nDTSTART:20300131T140000Z\nDTEND:20300131T150000Z\nSUMMARY:Review\n with Grace",
  "UID:c\nDTSTART;VALUE=DATE:20300131\nDTEND;VALUE=DATE:20300202\nSUMMARY:Fair\nTRANSP:TRANSPARENT",
);
const endless = ics("UID:x\nDTSTART:20300101T000000Z\nRRULE:FREQ=DAILY\nSUMMARY:ok");

const service = startService(({ path }) => {
  if (path === "/private-abc/work.ics") return { headers: { "content-type": "text/calendar" }, body: work };
  if (path === "/home.ics")
    return { body: ics("UID:h\nDTSTART:20300131T180000Z\nDTEND:20300131T190000Z\nSUMMARY:Dinner") };
  return path === "/page" ? { body: "<html>Sign in</html>" } : undefined;
});
const tools = (...paths: readonly string[]) =>
  createCalendarTools({
    services: paths.map((path) => ({
      name: /(\w+)(?:\.ics)?$/.exec(path)?.[1] ?? "",
      kind: "calendar",
      url: service.origin() + path,
    })),
    fetchService: service.fetchService,
    cleanText: String,
    timeZone: "Europe/Berlin",
  });
const events = async (input: object, ...paths: readonly string[]) =>
  tools(...paths)[0]!.run(input, createToolContext());
const free = async (input: object, ...paths: readonly string[]) =>
  (await tools(...paths)[1]!.run(input, createToolContext())).text;

const fixed = () =>
  createCalendarTools({
    services: [{ name: "work", kind: "calendar", url: "webcal://example.org/x.ics" }],
    fetchService: (url) =>
      Promise.resolve({ status: 200, headers: {}, url, body: Buffer.from(url.startsWith("https:") ? endless : "") }),
    cleanText: String,
    timeZone: "UTC",
  });
testTool("calendar_events", {
  create: () => fixed()[0]!,
  good: [{}, { from: "2030-02-01", days: 62 }, { words: "ok" }],
  refused: [{ from: "2030-02-30" }, { from: "2030-1-1!!" }, { calendar: "other" }],
});
testTool("calendar_free_time", {
  create: () => fixed()[1]!,
  good: [{ minutes: 30 }, { minutes: 60, dayStart: "08:00", dayEnd: "20:00", weekends: true }],
  refused: [{ minutes: 30, from: "0000000000" }],
});

describe("calendar_events", () => {
  it("shows today, in the owner's time zone", async () => {
    const { text, isOutside } = await events({}, "/private-abc/work.ics");
    expect(text.split("\n")).toEqual([
      "Times in Europe/Berlin:",
      "Thursday 2030-01-31 to Friday 2030-02-01, all day: Fair (free)",
      "Thursday 2030-01-31 09:00-09:15: Stand-up (at Room 1)",
      "Thursday 2030-01-31 15:00-16:00: Reviewwith Grace",
    ]);
    expect(isOutside).toBe(true);
  });

  it("shows some days, of all calendars or of one, and what has certain words", async () => {
    const both = ["/private-abc/work.ics", "/home.ics"] as const;
    const week = (await events({ from: "2030-02-02", days: 7 }, ...both)).text;
    expect(week.match(/Stand-up \(at Room 1; work\)/g)).toHaveLength(7);
    expect((await events({ calendar: "home" }, ...both)).text).toBe(
      "Times in Europe/Berlin:\nThursday 2030-01-31 19:00-20:00: Dinner",
    );
    expect((await events({ words: "grace review" }, ...both)).text).toContain("Reviewwith Grace (work)");
    expect((await events({ from: "2020-01-01" }, "/home.ics")).text).toBe("Nothing from 2020-01-01 for 1 day.");
  });

  it("goes on without a calendar that cannot be read, and fails when all cannot, without telling an address", async () => {
    expect((await events({}, "/private-abc/gone.ics", "/home.ics")).text).toContain(
      "Dinner (home)\n(Could not be read now: gone.)",
    );
    await expect(events({}, "/page")).rejects.toMatchObject({ code: "unsupported" });
    const error: unknown = await events({}, "/private-abc/gone.ics").catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "not-found" });
    expect(JSON.stringify([String(error), error])).not.toContain("private-abc");
  });
});

describe("the address of a calendar", () => {
  it("is a secret: not even the ledger has more than its host", async () => {
    const ledger: EgressRecord[] = [];
    const [tool] = createCalendarTools({
      services: [{ name: "work", kind: "calendar", url: `${service.origin()}/private-abc/work.ics` }],
      fetchService: createEgress({
        allowPrivateHosts: ["127.0.0.1"],
        record: (row) => void ledger.push(row),
        now: () => 0,
      }),
      cleanText: String,
      timeZone: "UTC",
    });
    await tool!.run({}, createToolContext());
    expect(ledger.map(({ url, outcome }) => `${outcome} ${url}`)).toEqual([`allowed ${service.origin()}/[secret]`]);
  });
});

describe("calendar_free_time", () => {
  it("finds what is free in working hours, from now on", async () => {
    expect((await free({ minutes: 60, days: 5 }, "/private-abc/work.ics")).split("\n")).toEqual([
      "Free, in Europe/Berlin:",
      "Thursday 2030-01-31 13:00-15:00",
      "Thursday 2030-01-31 16:00-17:00",
      "Friday 2030-02-01 09:15-17:00",
      "Monday 2030-02-04 09:15-17:00",
    ]);
  });

  it("tells when nothing is", async () => {
    expect(await free({ minutes: 600, days: 3 }, "/private-abc/work.ics")).toBe("No 600 minutes are free there.");
  });
});

describe("findFreeSlots", () => {
  const hours = {
    from: "2030-01-31",
    days: 1,
    timeZone: "UTC",
    dayStart: "09:00",
    dayEnd: "12:00",
    withWeekends: true,
    minutes: 15,
    now: 0,
  };
  const span = (start: string, end: string) => ({
    startAt: Date.parse(`2030-01-31T${start}Z`),
    endAt: Date.parse(`2030-01-31T${end}Z`),
  });

  it("knows spans that overlap, contain each other, touch, and lie across the edges", () => {
    const busy = [
      span("10:30", "11:00"),
      span("08:00", "09:20"),
      span("10:00", "11:10"),
      span("11:10", "11:20"),
      span("11:50", "13:00"),
    ];
    expect(findFreeSlots(busy, hours)).toEqual([span("09:20", "10:00"), span("11:20", "11:50")]);
    expect(findFreeSlots([span("00:00", "23:00")], hours)).toEqual([]);
    expect(findFreeSlots([], hours)).toEqual([span("09:00", "12:00")]);
  });

  it("has nothing in the past, nothing on weekends unless they count, and nothing where a day ends before it begins", () => {
    expect(findFreeSlots([], { ...hours, now: Date.parse("2030-01-31T11:00Z") })).toEqual([span("11:00", "12:00")]);
    expect(findFreeSlots([], { ...hours, from: "2030-02-02", withWeekends: false, days: 2 })).toEqual([]);
    expect(findFreeSlots([], { ...hours, dayStart: "12:00", dayEnd: "09:00" })).toEqual([]);
  });
});
