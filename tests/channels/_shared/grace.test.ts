import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { createAlarm, tellUnauthorised } from "../../../channels/_shared/alarm.ts";
import { settleWithGrace } from "../../../channels/_shared/grace.ts";
import { AppError } from "../../../src/core/errors.ts";

const never = new Promise<never>(() => undefined);

describe("settleWithGrace", () => {
  it("waits for the work, rejects as it does, and leaves no listener behind", async () => {
    const stop = new AbortController();
    await settleWithGrace(Promise.resolve(), stop.signal);
    await expect(settleWithGrace(Promise.reject(new Error("broken")), stop.signal)).rejects.toThrow("broken");
    expect(getEventListeners(stop.signal, "abort")).toHaveLength(0);
  });

  it("gives up on work that does not end, but not before the abort", async () => {
    const stop = new AbortController();
    let isOver = false;
    const waiting = settleWithGrace(never, stop.signal, 5).then(() => (isOver = true));
    await new Promise((resolve) => void setTimeout(resolve, 50));
    expect(isOver).toBe(false);
    stop.abort();
    await waiting;
  });
});

describe("an alarm", () => {
  it("ends the wait that goes on, and not the next one", async () => {
    const alarm = createAlarm();
    const stop = new AbortController();
    const first = alarm.wait(2 ** 31 - 1, stop.signal);
    alarm.ring();
    await first;
    let isOver = false;
    const second = alarm.wait(2 ** 31 - 1, stop.signal).then(() => (isOver = true));
    await new Promise((resolve) => void setTimeout(resolve, 20));
    expect(isOver).toBe(false);
    stop.abort();
    await second;
  });

  it("is rung by work that is refused for its token, and by no other failure", async () => {
    let rings = 0;
    const fail = tellUnauthorised(
      async (code: "unauthorised" | "forbidden") => {
        throw new AppError(code, "No.");
      },
      () => void (rings += 1),
    );
    await expect(fail("forbidden")).rejects.toMatchObject({ code: "forbidden" });
    expect(rings).toBe(0);
    await expect(fail("unauthorised")).rejects.toMatchObject({ code: "unauthorised" });
    expect(rings).toBe(1);
  });
});
