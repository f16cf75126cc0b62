import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextCronAt } from "../../src/queue/cron-time.ts";

function listTimes(pattern: string, timeZone: string, after: string, count: number): string[] {
  const times: string[] = [];
  let at = Date.parse(after);
  while (times.length < count) {
    at = nextCronAt(pattern, timeZone, at) ?? Number.NaN;
    times.push(new Date(at).toISOString());
  }
  return times;
}

describe("cron times", () => {
  it("follow the clock of the zone through a change of its offset", () => {
    expect(listTimes("0 9 * * *", "Europe/Berlin", "2026-03-27T12:00:00Z", 3)).toEqual([
      "2026-03-28T08:00:00.000Z",
      "2026-03-29T07:00:00.000Z",
      "2026-03-30T07:00:00.000Z",
    ]);
  });

  it("come right after the hour that is skipped in spring", () => {
    expect(listTimes("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", 2)).toEqual([
      "2026-03-29T01:00:00.000Z",
      "2026-03-30T00:30:00.000Z",
    ]);
  });

  it("come once in the hour that is shown twice in autumn", () => {
    expect(listTimes("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2)).toEqual([
      "2026-10-25T00:30:00.000Z",
      "2026-10-26T01:30:00.000Z",
    ]);
  });

  it("go on every half hour through both hours of autumn", () => {
    const times = listTimes("*/30 * * * *", "Europe/Berlin", "2026-10-24T23:45:00Z", 5).map((time) => Date.parse(time));
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    expect(gaps).toEqual(gaps.map(() => 30 * 60_000));
  });

  it("lie strictly after the time asked about, and nothing is skipped", () => {
    const year = Date.parse("2026-01-01T00:00:00Z");
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 365 * 86_400_000 }),
        fc.constantFrom("UTC", "America/New_York", "Australia/Lord_Howe"),
        (offsetMs, zone) => {
          const at = year + offsetMs;
          const next = nextCronAt("*/15 * * * *", zone, at) ?? Infinity;
          expect(next).toBeGreaterThan(at);
          expect(next - at).toBeLessThanOrEqual(15 * 60_000);
          expect(next % (15 * 60_000)).toBe(0);
        },
      ),
      { numRuns: 200 },
    );
  });
});
