import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  canCommitDigest,
  decideDigest,
  digestSlots,
  parseDigestWhen,
  pickRows,
  type DigestCursor,
  type DigestSpan,
} from "../../../src/cdc/digest/slots.ts";

type Step =
  | { readonly what: "row" }
  | { readonly what: "time"; readonly ms: number }
  /** A process looks whether a digest is due, and keeps what it found. */
  | { readonly what: "look"; readonly process: number }
  /** It writes what it found, with the cursor, in one transaction. */
  | { readonly what: "commit"; readonly process: number }
  | { readonly what: "crash"; readonly process: number };

const process = fc.nat(2);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ what: fc.constant("row" as const) }),
  fc.record({ what: fc.constant("time" as const), ms: fc.integer({ min: -20, max: 300 }) }),
  fc.record({ what: fc.constant("look" as const), process }),
  fc.record({ what: fc.constant("commit" as const), process }),
  fc.record({ what: fc.constant("crash" as const), process }),
);

describe("digests", () => {
  it("tell every row once: whatever the slots, processes, restarts, missed slots and clocks put back", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 3_000 }), { minLength: 10, maxLength: 40 }),
        fc.array(step, { minLength: 20, maxLength: 120 }),
        (slots, steps) => {
          let now = 0;
          let cursor: DigestCursor = { slotAt: 0, seq: 0 };
          const rows: { readonly seq: number }[] = [];
          const told: number[] = [];
          const toldSlots: number[] = [];
          const found = new Map<number, DigestSpan>();
          const commit = (span: DigestSpan) => {
            if (!canCommitDigest(span, cursor)) return;
            told.push(...pickRows(rows, span).map(({ seq }) => seq));
            toldSlots.push(span.slotAt);
            cursor = { slotAt: span.slotAt, seq: span.toSeq };
          };
          for (const each of steps) {
            if (each.what === "row") rows.push({ seq: rows.length + 1 });
            else if (each.what === "time") now = Math.max(0, now + each.ms);
            else if (each.what === "crash") found.delete(each.process);
            else if (each.what === "look") {
              const span = decideDigest(cursor, slots, { now, newestSeq: rows.length });
              if (span !== undefined) {
                expect(span.slotAt).toBeLessThanOrEqual(now);
                found.set(each.process, span);
              }
            } else {
              const span = found.get(each.process);
              if (span !== undefined) commit(span);
            }
          }
          // One more slot behind everything: what no digest has told of, this one does.
          const last = decideDigest(cursor, [...slots, 1_000_000], { now: 2_000_000, newestSeq: rows.length });
          if (last !== undefined) commit(last);
          expect(told).toEqual(rows.map(({ seq }) => seq));
          expect(new Set(toldSlots).size).toBe(toldSlots.length);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it("that were missed are one: the last", () => {
    const cursor = { slotAt: 100, seq: 5 };
    const at = (now: number) => decideDigest(cursor, [100, 200, 300, 400], { now, newestSeq: 9 });
    expect(at(399)).toEqual({ slotAt: 300, afterSeq: 5, toSeq: 9 });
    expect(at(199)).toBeUndefined();
    expect(decideDigest(cursor, [], { now: 999, newestSeq: 9 })).toBeUndefined();
  });

  it.each([
    ["hourly", digestSlots.hourly],
    ["daily", digestSlots.daily],
    ["Daily 07:30", "30 7 * * *"],
    ["weekly", digestSlots.weekly],
    ["weekly fri", "0 8 * * 5"],
    ["weekly  sunday 17:05", "5 17 * * 0"],
    ["0 8 * * 1-5", "0 8 * * 1-5"],
    ["*/5 * * * * *", "*/5 * * * * *"],
    ["daily mon", undefined],
    ["weekly someday", undefined],
    ["often", undefined],
    ["daily 25:00", undefined],
  ])("%s is %s", (when, cron) => expect(parseDigestWhen(when)).toBe(cron));
});
