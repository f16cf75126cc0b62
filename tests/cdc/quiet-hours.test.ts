import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countQuietMinutes, isQuiet, parseTimeOfDay, type QuietHours } from "../../src/cdc/quiet-hours.ts";
import { createWallClock } from "../../src/cdc/wall-clock.ts";

const readClock = createWallClock();
const hours = (from: string, to: string, timeZone: string): QuietHours => ({
  fromMinutes: parseTimeOfDay(from) ?? -1,
  toMinutes: parseTimeOfDay(to) ?? -1,
  timeZone,
});
const count = (quiet: QuietHours, at: string) => countQuietMinutes(quiet, Date.parse(at), readClock);

describe("quiet hours", () => {
  const night = hours("22:00", "07:00", "Europe/Berlin");

  it("last until the clock on the owner's wall says so", () => {
    expect(count(night, "2026-01-15T20:59:00Z")).toBe(0);
    expect(count(night, "2026-01-15T21:00:00Z")).toBe(9 * 60);
    expect(count(night, "2026-01-16T05:59:00Z")).toBe(1);
    expect(count(night, "2026-01-16T06:00:00Z")).toBe(0);
  });

  it("are an hour shorter and longer in the nights the clocks change", () => {
    expect(count(night, "2026-03-28T21:00:00Z")).toBe(8 * 60);
    expect(count(night, "2026-10-24T20:00:00Z")).toBe(10 * 60);
    // 02:30 does not exist that night: quiet ends when it would have been.
    expect(count(hours("22:00", "02:30", "Europe/Berlin"), "2026-03-28T21:00:00Z")).toBe(4 * 60);
  });

  it("are none where both ends are the same", () => {
    expect(count(hours("07:00", "07:00", "UTC"), "2026-01-15T07:00:00Z")).toBe(0);
  });

  it("end at the first minute that is not quiet, in any zone, at any time of the year", () => {
    const zones = [
      "Europe/Berlin",
      "America/New_York",
      "Australia/Lord_Howe",
      "Asia/Kathmandu",
      "Pacific/Apia",
      "UTC",
      "America/St_Johns",
      "Africa/Casablanca",
    ];
    const minutes = fc.nat(1439);
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        minutes,
        minutes,
        fc.integer({ min: Date.parse("2025-01-01T00:00:00Z"), max: Date.parse("2027-12-31T00:00:00Z") }),
        (timeZone, fromMinutes, toMinutes, at) => {
          const quiet = { fromMinutes, toMinutes, timeZone };
          const left = countQuietMinutes(quiet, at, readClock);
          const seen = (minute: number) => isQuiet(quiet, readClock(at + minute * 60_000, timeZone).minutes);
          expect(left).toBeLessThanOrEqual(26 * 60);
          expect(seen(left)).toBe(false);
          for (let minute = left - 1; minute >= 0; minute -= 7) expect(seen(minute)).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("reads times of the day", () => {
    expect(["00:00", "7:05", "23:59", "24:00", "12:60", "noon"].map(parseTimeOfDay)).toEqual([
      0,
      425,
      1439,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
