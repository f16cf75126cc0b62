import { describe, expect, it } from "vitest";
import { pickBackoff, runWithReconnect } from "../../../channels/_shared/reconnect.ts";
import { AppError } from "../../../src/core/errors.ts";
import type { ChannelHealth } from "../../../src/core/channel.ts";

describe("runWithReconnect", () => {
  it("doubles the cap of the wait, jitters within it, and starts anew after a stable connection", async () => {
    const stop = new AbortController();
    const waits: number[] = [];
    let clock = 0;
    let calls = 0;
    await runWithReconnect(
      async (_signal, up) => {
        calls += 1;
        if (calls === 7) stop.abort();
        if (calls === 6) {
          up();
          clock += 30_000;
        }
        throw new Error("cut");
      },
      {
        signal: stop.signal,
        sink: { health: () => undefined },
        minMs: 100,
        maxMs: 400,
        random: () => 0.5,
        now: () => clock,
        sleep: async (ms) => {
          waits.push(ms);
        },
      },
    );
    expect(waits).toEqual([50, 100, 200, 200, 200, 50]);
  });

  it("reports each change once and tells no foreign words", async () => {
    const stop = new AbortController();
    const states: ChannelHealth[] = [];
    let calls = 0;
    await runWithReconnect(
      async (_signal, up) => {
        calls += 1;
        if (calls === 4) stop.abort();
        if (calls > 2) up();
        throw Object.assign(new Error("https://example.org/secret"), { code: "ECONNRESET" });
      },
      {
        signal: stop.signal,
        sink: { health: (health) => states.push(health) },
        sleep: async () => undefined,
      },
    );
    expect(states).toEqual([
      { state: "connecting", reason: "connecting" },
      { state: "connecting", reason: "ECONNRESET" },
      { state: "up" },
      { state: "connecting", reason: "ECONNRESET" },
      { state: "up" },
    ]);
  });

  it("throws on what waiting cannot mend, and honours a retryAfterMs", async () => {
    const waits: number[] = [];
    const states: ChannelHealth[] = [];
    let calls = 0;
    const running = runWithReconnect(
      async () => {
        calls += 1;
        throw calls === 1
          ? new AppError("rate-limited", "slow down", { retryAfterMs: 9_000 })
          : new AppError("unauthorised", "bad token");
      },
      {
        signal: new AbortController().signal,
        sink: { health: (health) => states.push(health) },
        sleep: async (ms) => {
          waits.push(ms);
        },
      },
    );
    await expect(running).rejects.toMatchObject({ code: "unauthorised" });
    expect(waits).toEqual([9_000]);
    expect(states.at(-1)).toEqual({ state: "down", reason: "bad token" });
  });

  it("tells who was let in before and is refused now, with what to do, and tries rarely", async () => {
    const stop = new AbortController();
    const waits: number[] = [];
    const states: ChannelHealth[] = [];
    let calls = 0;
    await runWithReconnect(
      async (_signal, up) => {
        calls += 1;
        if (calls > 1 && calls < 5) throw new AppError("unauthorised", "The password is wrong.", { hint: "Check it." });
        up();
        if (calls === 6) stop.abort();
        throw new Error("cut");
      },
      {
        signal: stop.signal,
        sink: { health: (health) => states.push(health) },
        refusedMs: 777,
        random: () => 0,
        sleep: async (ms) => void waits.push(ms),
      },
    );
    expect(waits).toEqual([0, 777, 777, 777, 0]);
    expect(states).toEqual([
      { state: "connecting", reason: "connecting" },
      { state: "up" },
      { state: "connecting", reason: "Error" },
      { state: "down", reason: "The password is wrong. Check it." },
      { state: "up" },
      { state: "connecting", reason: "Error" },
      { state: "up" },
    ]);
  });

  it("ends at once when aborted in the middle of a wait", async () => {
    const stop = new AbortController();
    const running = runWithReconnect(
      async () => {
        setTimeout(() => stop.abort(), 1);
        throw new Error("cut");
      },
      {
        signal: stop.signal,
        sink: { health: () => undefined },
        minMs: 3_600_000,
        maxMs: 3_600_000,
        random: () => 1,
      },
    );
    await expect(running).resolves.toBeUndefined();
  });

  it("stays within the cap for any attempt", () => {
    for (const attempt of [1, 2, 10, 1_000])
      expect(pickBackoff(attempt, 1_000, 60_000, () => 0.999)).toBeLessThan(60_000);
  });
});
