import { describe, expect, it } from "vitest";
import { findCronFault } from "../../../src/scheduler/triggers/cron.ts";
import { parseDigestWhen } from "../../../src/scheduler/triggers/digest-pattern.ts";

describe("when a digest is sent", () => {
  it.each([
    ["hourly", "0 * * * *"],
    ["daily", "0 8 * * *"],
    ["daily 07:30", "30 7 * * *"],
    ["weekly", "0 8 * * 1"],
    ["weekly fri", "0 8 * * 5"],
    ["Weekly  Sunday 18:05", "5 18 * * 0"],
    ["weekly 9:00", "0 9 * * 1"],
    ["0 8 * * 1-5", "0 8 * * 1-5"],
  ])("%s is %s", (when, pattern) => {
    expect(parseDigestWhen(when)).toBe(pattern);
    expect(findCronFault(pattern, "Europe/Berlin")).toBeUndefined();
  });

  it.each(["daily 24:00", "daily 8:60", "weekly abc", "daily mon 8:00"])("%s is no time", (when) => {
    expect(parseDigestWhen(when)).toBeUndefined();
  });
});
