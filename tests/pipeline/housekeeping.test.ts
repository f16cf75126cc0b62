import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { silentLogger } from "../../src/core/log.ts";
import type { Store } from "../../src/core/store.ts";
import { formatOwner, isDeadOwner, startHousekeeping } from "../../src/pipeline/housekeeping.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function begin(forgotten: () => readonly string[], run: (conversation: string, signal: AbortSignal) => Promise<void>) {
  const self = formatOwner(process.pid, "self");
  const dead = formatOwner(2 ** 22 + 1, "dead");
  const owners = [self, dead];
  const released: string[] = [];
  const store = {
    owners: async () => [...owners],
    releaseOwner: async (owner: string) => void released.push(owner),
    forgottenConversations: async () => forgotten(),
    pendingApprovals: async () => [],
    prune: async () => undefined,
  } as unknown as Store;
  const housekeeping = startHousekeeping({
    store,
    log: silentLogger,
    now: Date.now,
    owner: self,
    leaseMs: 30_000,
    runConversation: run,
    renewLeases: async () => undefined,
    tickChannels: async () => undefined,
    pump: async () => undefined,
    keep: () => ({ inboxDays: 1, journalDays: 1, outboxDays: 1 }),
    onExpired: () => undefined,
  });
  return { housekeeping, released, dead };
}

describe("the sweeper", () => {
  it("goes its rounds though a turn that it began takes long, a few at a time and each once", async () => {
    const began: string[] = [];
    let rounds = 0;
    const ends = new Map<string, () => void>();
    const { housekeeping, released, dead } = begin(
      () => {
        rounds += 1;
        // What runs holds its lease, so it is not forgotten any more.
        return Array.from({ length: 12 }, (_, index) => `c${index}`).filter((each) => !began.includes(each));
      },
      (conversation, signal) => {
        began.push(conversation);
        return new Promise((resolve) => {
          ends.set(conversation, resolve);
          signal.addEventListener("abort", () => resolve());
        });
      },
    );
    await vi.advanceTimersByTimeAsync(2_600);
    expect(began).toHaveLength(8);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(rounds).toBe(3);
    expect(released.length).toBe(3);
    expect(new Set(released)).toEqual(new Set([dead]));
    expect(began).toHaveLength(8);
    for (const end of ends.values()) end();
    await vi.advanceTimersByTimeAsync(1);
    expect(began.toSorted()).toEqual([...new Set(began)].toSorted());
    expect(began).toHaveLength(12);
    await housekeeping.close();
  });
});

describe("isDeadOwner", () => {
  it("knows the dead of its own machine, and calls nobody dead whom it cannot see", () => {
    const self = formatOwner(process.pid, "self");
    expect(isDeadOwner(formatOwner(2 ** 22 + 1, "x"), self)).toBe(true);
    expect(isDeadOwner(formatOwner(process.ppid, "x"), self)).toBe(false);
    expect(isDeadOwner(formatOwner(process.pid, "earlier"), self)).toBe(true);
    expect(isDeadOwner("elsewhere/1/x", self)).toBe(false);
    expect(isDeadOwner("nonsense", self)).toBe(false);
  });
});
