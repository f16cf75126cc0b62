import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideFollowUp, type FollowUpFacts } from "../../src/cdc/follow-ups/decide-follow-up.ts";
import { findDueMoment, findMoment } from "../../src/cdc/follow-ups/due-moment.ts";
import { planFollowUp, planPromise, planReminder } from "../../src/cdc/follow-ups/plan-follow-up.ts";
import { isPromiseKept } from "../../src/cdc/promises/is-kept.ts";
import { createWallClock } from "../../src/cdc/wall-clock.ts";
import type { FollowUpRecord } from "../../src/core/cdc.ts";

const readClock = createWallClock();
const timeZone = "Europe/Berlin";
const plan = { id: "f1", conversation: "mail/thread", ref: "[1]", reason: "", state: "waiting" as const };
const kinds = ["answer", "reminder", "promise", "snooze"] as const;
const quiet: FollowUpFacts = {
  theyWroteAt: 0,
  ownerWroteAt: 0,
  weWroteAt: 0,
  promiseState: "open",
  draftState: "pending",
};
const show = (at: number | undefined) => new Date(at ?? 0).toISOString();

describe("a follow-up", () => {
  it("fires once, not early, and never behind an answer, however often the process dies", () => {
    const happening = fc.record({
      what: fc.constantFrom("look", "look", "look", "crash", "owner", "us", "they"),
      afterMs: fc.nat(60),
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        fc.integer({ min: 1, max: 200 }),
        fc.array(happening),
        (kind, in_, all) => {
          // What the store has; a look that dies behind its decision leaves nothing behind.
          let state: FollowUpRecord["state"] = "waiting";
          const rowOf = (): FollowUpRecord => ({ ...plan, kind, state, createdAt: 1_000, dueAt: 1_000 + in_ });
          const wrote = { theyWroteAt: 0, ownerWroteAt: 0, weWroteAt: 0 };
          const look = (at: number) => decideFollowUp(rowOf(), { ...quiet, ...wrote }, at);
          let now = 1_000;
          const fired: number[] = [];
          let answeredAt: number | undefined;
          for (const { what, afterMs } of all) {
            now += afterMs + 1;
            if (what === "owner" || what === "us") {
              answeredAt ??= now;
              wrote[what === "owner" ? "ownerWroteAt" : "weWroteAt"] = now;
            } else if (what === "they") {
              wrote.theyWroteAt = now;
              if (kind === "reminder") answeredAt ??= now;
            } else {
              const decision = look(now);
              if (what === "crash" || decision.action === "wait") continue;
              if (decision.action === "fire") fired.push(now);
              if (state === "waiting") state = decision.action === "fire" ? "fired" : "cancelled";
            }
          }
          expect(fired.length).toBeLessThanOrEqual(1);
          for (const at of fired) {
            expect(at).toBeGreaterThanOrEqual(1_000 + in_);
            if (kind !== "promise" && answeredAt !== undefined) expect(at).toBeLessThan(answeredAt);
          }
          // Whatever was not fired by an answer or the state of a promise is fired by the first look behind its time.
          if (answeredAt === undefined && fired.length === 0) expect(look(1_000 + in_).action).toBe("fire");
        },
      ),
      { numRuns: 500 },
    );
  });

  it("counts answers from what it is about, because they may arrive late", () => {
    const row: FollowUpRecord = { ...plan, kind: "answer", createdAt: 500, dueAt: 900 };
    expect(decideFollowUp(row, { ...quiet, aboutAt: 100, ownerWroteAt: 300 }, 900)).toEqual({
      action: "cancel",
      reason: "you have answered",
    });
    expect(decideFollowUp(row, { ...quiet, aboutAt: 100, ownerWroteAt: 100 }, 900).action).toBe("fire");
  });

  it.each<[FollowUpRecord["kind"], Partial<FollowUpFacts>, string]>([
    ["answer", { weWroteAt: 2 }, "I have answered"],
    ["reminder", { theyWroteAt: 2 }, "they have answered"],
    ["snooze", { draftState: "sent" }, "the draft does not wait any more"],
    ["promise", { promiseState: "kept" }, "the promise was kept"],
    ["promise", { promiseState: "dropped" }, "the promise was dropped"],
  ])("%s is cancelled before its time by %j", (kind, facts, reason) => {
    const row: FollowUpRecord = { ...plan, kind, createdAt: 1, dueAt: 900 };
    expect(decideFollowUp(row, { ...quiet, ...facts }, 10)).toEqual({ action: "cancel", reason });
    expect(decideFollowUp(row, quiet, 10)).toEqual({ action: "wait", untilAt: 900 });
  });
});

describe("planning", () => {
  const at = (now: string) => ({ now: Date.parse(now), timeZone, readClock });

  it("looks at mail again when it may speak", () => {
    const decision = { tellsOwner: false, priority: "normal" as const, reasons: ["these are your quiet hours"] };
    expect(planFollowUp({ ...decision, action: "follow-up", inMinutes: 95 }, 1_000)).toEqual({
      kind: "answer",
      reason: "these are your quiet hours",
      dueAt: 1_000 + 95 * 60_000,
    });
    expect(planFollowUp({ ...decision, action: "reply" }, 1_000)).toBeUndefined();
  });

  it("reminds of an unanswered question in the morning of a working day", () => {
    const waiting = { status: "awaiting-reply" as const, reason: "you asked" };
    expect(show(planReminder(waiting, at("2026-03-02T15:00:00Z"))?.dueAt)).toBe("2026-03-05T08:00:00.000Z");
    expect(show(planReminder(waiting, at("2026-03-04T15:00:00Z"))?.dueAt)).toBe("2026-03-09T08:00:00.000Z");
    // The clocks are put forward in between: nine o'clock stays nine o'clock.
    expect(show(planReminder(waiting, at("2026-03-27T15:00:00Z"))?.dueAt)).toBe("2026-03-30T07:00:00.000Z");
    expect(planReminder({ status: "done", reason: "" }, at("2026-03-02T15:00:00Z"))).toBeUndefined();
  });

  it("brings up what was promised while it can be kept, and what others promised when it is over", () => {
    const promise = { madeBy: "owner" as const, text: "I'll send it" };
    const due = (facts: object) =>
      show(planPromise({ ...promise, ...facts }, at("2026-03-04T09:00:00Z"))?.dueAt).slice(0, 16);
    expect(due({ due: "2026-03-06" })).toBe("2026-03-06T08:00");
    expect(due({ due: "2026-03-06 16:00" })).toBe("2026-03-06T14:00");
    expect(due({ due: "2026-03-04" })).toBe("2026-03-04T09:00");
    expect(due({ due: "2026-03-06", madeBy: "other" })).toBe("2026-03-06T23:00");
    expect(planPromise(promise, at("2026-03-04T09:00:00Z"))).toBeUndefined();
    expect(planPromise({ ...promise, due: "soon" }, at("2026-03-04T09:00:00Z"))).toBeUndefined();
  });
});

describe("the moment a clock shows a time", () => {
  it("shows it, in any zone", () => {
    const zones = ["Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia", "Australia/Lord_Howe", "UTC"];
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.nat(900), fc.nat(1439), (zone, day, minutes) => {
        const date = new Date(Date.UTC(2025, 0, 1 + day)).toISOString().slice(0, 10);
        const moment = findMoment(date, minutes, zone, readClock) ?? 0;
        const shown = readClock(moment, zone);
        const before = readClock(moment - 60_000, zone);
        const wanted = (Date.parse(date) / 86_400_000) * 1440 + minutes;
        expect(before.today * 1440 + before.minutes).toBeLessThan(wanted);
        // Later only where the clocks were put forward over it.
        const late = shown.today * 1440 + shown.minutes - wanted;
        expect(late === 0 || (late <= 60 && before.today * 1440 + before.minutes < wanted)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it("is the first of two, and the jump where there is none", () => {
    expect(show(findMoment("2026-10-25", 150, timeZone, readClock))).toBe("2026-10-25T00:30:00.000Z");
    expect(show(findMoment("2026-03-29", 150, timeZone, readClock))).toBe("2026-03-29T01:00:00.000Z");
    expect(show(findDueMoment("2026-03-29", timeZone, readClock))).toBe("2026-03-29T22:00:00.000Z");
    expect(findDueMoment("soon", timeZone, readClock)).toBeUndefined();
  });
});

describe("a promise is kept", () => {
  const promise = { madeBy: "owner" as const, at: 100 };
  const kept = (text: string, facts: object = {}) =>
    isPromiseKept(promise, { by: "owner", text, hasFiles: false, sentAt: 200, ...facts });

  it.each([
    "Here it is, as promised.",
    "Attached is the report.",
    "I've sent it to Ben.",
    "Anbei die Zahlen.",
    "Ist erledigt!",
    "Voici le fichier",
    "C'est fait.",
    "Ya está",
    "Adjunto el informe.",
  ])("by: %s", (text) => expect(kept(text)).toBe(true));

  it.each(["Thanks!", "Not done yet, sorry.", "Ist noch nicht erledigt.", "What do you mean?", "> Here it is"])(
    "not by: %s",
    (text) => expect(kept(text)).toBe(false),
  );

  it("by a file, but only by who made it, and only afterwards", () => {
    expect(kept("", { hasFiles: true })).toBe(true);
    expect(kept("Here it is", { by: "other" })).toBe(false);
    expect(kept("Here it is", { sentAt: 100 })).toBe(false);
  });
});
