import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createDateAndTime } from "../../src/tools/basics/date-and-time.ts";
import { formatWallClock, parseMoment } from "../../src/tools/basics/zoned-time.ts";
import { createToolContext, testTool } from "../contracts/tool.ts";

const create = () => createDateAndTime({ timeZone: "Europe/Berlin" });

testTool("date_and_time", {
  create,
  good: [{}, { timeZone: "Asia/Tokyo" }, { from: "2030-01-01", to: "2030-03-01" }],
  refused: [{ timeZone: "Mars/Olympus" }, { from: "yesterday" }, { to: "2030-02-30" }],
});

const answer = async (input: object) => (await create().run(input, createToolContext())).text; // it is 2030-01-31 12:00 UTC

describe("date_and_time", () => {
  it("tells the time in the owner's zone or another", async () => {
    expect(await answer({})).toBe("Thursday, 2030-01-31, 13:00:00 (Europe/Berlin, UTC+01:00)");
    expect(await answer({ timeZone: "Asia/Kolkata" })).toBe("Thursday, 2030-01-31, 17:30:00 (Asia/Kolkata, UTC+05:30)");
    expect(await answer({ timeZone: "America/St_Johns" })).toContain("08:30:00 (America/St_Johns, UTC-03:30)");
  });

  it("tells differences, over a change of the clocks too", async () => {
    expect(await answer({ to: "2030-02-02T14:30" })).toContain(
      "2 days 1 hours 30 minutes on the clock; 2 calendar days.",
    );
    expect(await answer({ from: "2030-03-30T12:00", to: "2030-03-31T12:00" })).toContain(
      "0 days 23 hours 0 minutes on the clock; 1 calendar days.",
    );
    expect(await answer({ from: "2030-02-01" })).toContain("backwards");
    expect(await answer({ from: "2028-02-01", to: "2028-03-01" })).toContain("29 calendar days");
  });
});

describe("parseMoment", () => {
  it.each([
    ["2030-07-01T12:00", "Europe/Berlin", "2030-07-01T10:00:00.000Z"],
    ["2030-01-01 12:00:30", "Europe/Berlin", "2030-01-01T11:00:30.000Z"],
    ["2030-01-01", "America/New_York", "2030-01-01T05:00:00.000Z"],
    ["2030-01-01T12:00Z", "America/New_York", "2030-01-01T12:00:00.000Z"],
    ["2030-01-01T12:00-0230", "Asia/Tokyo", "2030-01-01T14:30:00.000Z"],
    ["2030-03-31T02:30", "Europe/Berlin", "2030-03-31T01:30:00.000Z"], // skipped by the clocks
    ["2030-10-27T02:30", "Europe/Berlin", "2030-10-27T00:30:00.000Z"], // shown twice: the first
  ])("%s in %s is %s", (text, timeZone, utc) => {
    expect(new Date(parseMoment(text, timeZone)).toISOString()).toBe(utc);
  });

  it("reads back what formatWallClock writes, but for the hour that clocks show twice", () => {
    const zones = fc.constantFrom(
      "UTC",
      "Europe/Berlin",
      "America/New_York",
      "Asia/Kolkata",
      "Australia/Lord_Howe",
      "Pacific/Apia",
      "America/St_Johns",
    );
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(2000), max: Date.UTC(2040) }), zones, (any, timeZone) => {
        const at = any - (any % 1000);
        const { date, time, offset } = formatWallClock(at, timeZone);
        const read = parseMoment(`${date}T${time}`, timeZone);
        expect(at - read).toBeGreaterThanOrEqual(0);
        expect(at - read).toBeLessThanOrEqual(3_600_000);
        expect(formatWallClock(read, timeZone)).toMatchObject({ date, time });
        expect(parseMoment(`${date}T${time}${offset.slice(3)}`, timeZone)).toBe(at);
      }),
    );
  });

  it.each(["2030-13-01", "2030-02-29", "2030-01-01T24:00", "2030-01-01T12:60", "12:00", "1.1.2030", ""])(
    "refuses %j",
    (text) => {
      expect(() => parseMoment(text, "UTC")).toThrow(expect.objectContaining({ code: "bad-input" }));
    },
  );
});
