import { describe, expect, it } from "vitest";
import { AppError } from "../../src/core/errors.ts";
import { pickBackoffMs } from "../../src/queue/backoff.ts";

describe("the wait before the next try", () => {
  const latest = (): number => 0;
  const soonest = (): number => 1;

  it("doubles, is halved at most by chance, and stops growing", () => {
    const error = new Error("failure");
    expect([1, 2, 3, 4].map((failed) => pickBackoffMs(failed, 1_000, error, latest))).toEqual([
      1_000, 2_000, 4_000, 8_000,
    ]);
    expect(pickBackoffMs(3, 1_000, error, soonest)).toBe(2_000);
    expect(pickBackoffMs(30, 1_000, error, latest)).toBe(pickBackoffMs(31, 1_000, error, latest));
  });

  it("is never shorter than what the error asks for", () => {
    expect(pickBackoffMs(1, 1_000, new AppError("rate-limited", "Slow down.", { retryAfterMs: 30_000 }), soonest)).toBe(
      30_000,
    );
    expect(pickBackoffMs(6, 1_000, new AppError("rate-limited", "Slow down.", { retryAfterMs: 1 }), latest)).toBe(
      32_000,
    );
  });
});
