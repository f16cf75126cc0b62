import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newestSlots } from "../../../src/scheduler/triggers/cron.ts";
import { type DueQuestion, dueSlots } from "../../../src/scheduler/triggers/due-slots.ts";

const at = (text: string): number => Date.parse(`2026-11-${text}Z`);
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** A scheduler that looks at the times given, with a store that fires each id once. */
function run(question: Pick<DueQuestion, "pattern" | "catchUp">, looks: readonly number[]) {
  const fired = new Map<string, number>();
  const offered: number[][] = [];
  let lastFiredSlot: number | undefined;
  let lastSeenNow: number | undefined;
  for (const now of looks) {
    const slots = dueSlots({ ...question, timeZone: "Europe/Berlin", lastFiredSlot, lastSeenNow, now });
    offered.push(slots.map((slot) => slot.at));
    for (const slot of slots) {
      fired.set(slot.id, slot.at);
      lastFiredSlot = slot.at;
    }
    lastSeenNow = now;
  }
  return { offered, fired: [...fired.values()] };
}

describe("a machine that is asleep for a day", () => {
  const asleep = [at("25T10:00"), at("26T10:20")];
  it.each([
    ["skip", []],
    ["once", [at("26T10:00")]],
    ["all", Array.from({ length: 24 }, (_, n) => at("25T11:00") + n * hourMs)],
  ] as const)("%s", (catchUp, expected) => {
    expect(run({ pattern: "0 * * * *", catchUp }, asleep).offered).toEqual([[], expected]);
  });

  it.each(["skip", "once"] as const)("%s: fires the one that is due just now", (catchUp) => {
    expect(run({ pattern: "0 * * * *", catchUp }, [at("25T10:00"), at("26T10:00:30")]).offered[1]).toEqual([
      at("26T10:00"),
    ]);
  });

  it("fires the newest hundred at most", () => {
    const missed = run({ pattern: "* * * * *", catchUp: "all" }, asleep).offered[1]!;
    expect(missed).toHaveLength(100);
    expect([missed[0], missed.at(-1)]).toEqual([at("26T08:41"), at("26T10:20")]);
    expect(run({ pattern: "* * * * * *", catchUp: "all" }, [at("25T10:00"), at("25T10:05")]).offered[1]).toHaveLength(
      100,
    );
  });

  it("goes on afterwards", () => {
    const { offered } = run({ pattern: "0 * * * *", catchUp: "skip" }, [...asleep, at("26T11:00:05")]);
    expect(offered[2]).toEqual([at("26T11:00")]);
  });

  it("knows what it missed from the slot that fired last, too", () => {
    const question = { pattern: "0 9 * * *", timeZone: "UTC", lastFiredSlot: at("23T09:00"), lastSeenNow: undefined };
    const missed = dueSlots({ ...question, catchUp: "all", now: at("26T12:00") });
    expect(missed.map((slot) => slot.at)).toEqual([at("24T09:00"), at("25T09:00"), at("26T09:00")]);
  });
});

describe("a scheduler that is late", () => {
  it.each(["skip", "once", "all"] as const)("by no more than ten minutes fires everything, with %s", (catchUp) => {
    const { offered } = run({ pattern: "*/3 * * * *", catchUp }, [at("25T10:00"), at("25T10:10")]);
    expect(offered[1]).toEqual([at("25T10:03"), at("25T10:06"), at("25T10:09")]);
  });

  it.each([
    ["skip", []],
    ["once", [at("25T10:09")]],
  ] as const)("by more was asleep, with %s", (catchUp, expected) => {
    expect(run({ pattern: "*/3 * * * *", catchUp }, [at("25T10:00"), at("25T10:10:01")]).offered[1]).toEqual(expected);
  });
});

describe("a clock that is put", () => {
  it("back by two hours is quiet until it has caught up", () => {
    const looks = ["25T09:59", "25T10:00", "25T08:00", "25T08:30", "25T09:00", "25T10:00", "25T10:30", "25T11:00"];
    const { offered } = run({ pattern: "0 * * * *", catchUp: "all" }, looks.map(at));
    expect(offered.flat()).toEqual([at("25T10:00"), at("25T11:00")]);
  });

  it("forward by an hour and back again fires nothing twice", () => {
    const looks = ["25T09:59", "25T11:01", "25T10:02", "25T10:30", "25T11:00", "25T11:02", "25T12:00"];
    const { offered } = run({ pattern: "0 * * * *", catchUp: "all" }, looks.map(at));
    expect(offered.flat()).toEqual([at("25T10:00"), at("25T11:00"), at("25T12:00")]);
  });

  it("forward by a year and back again goes on", () => {
    const year = 365 * 24 * hourMs;
    const looks = [at("25T09:59"), at("25T10:00") + year, at("25T10:02"), at("25T11:00"), at("25T12:00")];
    const { offered } = run({ pattern: "0 * * * *", catchUp: "once" }, looks);
    expect(offered.flat()).toEqual([at("25T10:00") + year, at("25T11:00"), at("25T12:00")]);
  });
});

describe("a new schedule", () => {
  it("has missed nothing", () => {
    expect(run({ pattern: "* * * * *", catchUp: "all" }, [at("25T10:00")]).offered).toEqual([[]]);
  });
});

describe("whatever the clock does", () => {
  const jump = fc.oneof(
    fc.integer({ min: 1, max: 5 * minuteMs }),
    fc.integer({ min: -3 * hourMs, max: 30 * hourMs }),
    fc.integer({ min: -40 * hourMs, max: 40 * hourMs }),
  );
  const looks = fc.array(jump, { maxLength: 30 }).map((jumps) => {
    let now = at("25T10:00");
    return [now, ...jumps.map((ms) => (now += ms))];
  });
  const pattern = fc.constantFrom("* * * * *", "*/15 * * * *", "0 * * * *", "30 9 * * *", "*/20 * * * * *");
  const catchUp = fc.constantFrom("skip" as const, "once" as const, "all" as const);

  it("offers slots in order, none in the future, at most a hundred", () => {
    fc.assert(
      fc.property(pattern, catchUp, looks, (text, policy, times) => {
        for (const [n, slots] of run({ pattern: text, catchUp: policy }, times).offered.entries()) {
          expect(slots.length).toBeLessThanOrEqual(100);
          expect(slots).toEqual([...new Set(slots)].toSorted((a, b) => a - b));
          expect(Math.max(-Infinity, ...slots)).toBeLessThanOrEqual(times[n]!);
        }
      }),
    );
  });

  it("offers none twice when it is put back by less than a day", () => {
    const mild = looks.filter((times) => {
      const highest = times.map((_, n) => Math.max(...times.slice(0, n + 1)));
      return times.every((now, n) => highest[n]! - now < 24 * hourMs);
    });
    fc.assert(
      fc.property(pattern, catchUp, mild, (text, policy, times) => {
        const slots = run({ pattern: text, catchUp: policy }, times).offered.flat();
        expect(slots).toHaveLength(new Set(slots).size);
      }),
    );
  });

  it("loses none while it runs as it should", () => {
    const steps = fc.array(fc.integer({ min: 1, max: 10 * minuteMs }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(fc.constantFrom("* * * * *", "*/7 * * * *", "0 * * * *"), catchUp, steps, (text, policy, passed) => {
        let now = at("25T10:00");
        const times = [now, ...passed.map((ms) => (now += ms))];
        const all = newestSlots(text, "Europe/Berlin", { after: times[0]!, until: now, limit: 10_000 });
        expect(run({ pattern: text, catchUp: policy }, times).offered.flat()).toEqual(all.map((slot) => slot.at));
      }),
    );
  });
});
