import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Store } from "../../../src/core/store.ts";
import { openRunStates } from "../../../src/core/workflow-run.ts";
import { createFakeClock } from "../../doubles/fake-clock.ts";
import { allKinds, small } from "../all-kinds.ts";
import { outboundId } from "../../../src/scheduler/run/step-context.ts";
import { stepRow } from "../../store/describe-workflow-runs.ts";
import { expectEachEffectOnce, killAfterEveryWrite } from "./kill-every-write.ts";
import { byHand, openScene } from "./scene.ts";

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "parlance-kills-"));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A store that is gone after so many writes, as for a process that died: nothing is written or read any more. */
function dieAfter(store: Store, writes: number): Store {
  let left = writes;
  const check = () => {
    if (left <= 0) throw new Error("this process is dead");
  };
  return new Proxy(store, {
    get(target, name: keyof Store) {
      const value = target[name];
      if (name === "workflows")
        return new Proxy(target.workflows, {
          get(reads, key: keyof Store["workflows"]) {
            check();
            return reads[key];
          },
        });
      if (typeof value !== "function") return value;
      return async (...args: never[]) => {
        check();
        const result = await (value as (...all: never[]) => Promise<unknown>).apply(target, args);
        if (name === "write") left -= 1;
        check();
        return result;
      };
    },
  });
}

describe("a run whose process is killed", () => {
  it("after every write of its journal, ends, with each effect once", async () => {
    await withFolder(async (folder) => {
      const kills = await killAfterEveryWrite(folder, "");
      expect(kills).toBeGreaterThan(20);
      await expectEachEffectOnce(folder, "");
    });
  }, 120_000);

  it("at random writes, any number of times, ends, with each effect once", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 8 }), (deaths) =>
        withFolder(async (folder) => {
          let at = Date.UTC(2026, 0, 5, 9);
          for (const writes of [...deaths, Number.POSITIVE_INFINITY]) {
            const clock = createFakeClock(at);
            const scene = await openScene({
              folder,
              clock,
              workflows: [allKinds, small],
              wrap: (store) => dieAfter(store, writes),
            });
            try {
              await scene.runner.start({ workflow: "all-kinds", cause: byHand, dedupKey: "the one" });
            } catch {
              // dead already
            }
            for (let round = 0; round < 30; round += 1) {
              await scene.work().catch(() => undefined); // the living sweep in vain for what the dead hold
              for (const approval of await scene.pending())
                await scene.answer(approval, "approved").catch(() => undefined);
              if ((await scene.store.workflows.runs({ states: openRunStates }, 1)).length === 0) break;
              clock.advance(60_000);
            }
            at = clock.now() + 120_000;
            await scene.close();
          }
          await expectEachEffectOnce(folder, "");
        }),
      ),
      { numRuns: 25 },
    );
  }, 120_000);

  it("in the middle of a call that nobody can tell about, does not make it again", async () => {
    const pay = `name: x
description: d
group: research
steps:
  - { id: a, tool: pay, with: { amount: 5 } }
  - { id: b, send: owner, text: b }
`;
    await withFolder(async (folder) => {
      const first = await openScene({ folder, workflows: [pay], wrap: (store) => dieAfter(store, 2) });
      const run = await first.start("x");
      await first.work().catch(() => undefined);
      await first.close();
      const second = await openScene({ folder, workflows: [pay], clock: createFakeClock(first.clock.now() + 60_000) });
      await second.workThrough();
      expect(await second.run(run.id)).toMatchObject({
        state: "failed",
        reason: expect.stringContaining("may or may not"),
      });
      expect(await second.steps(run.id)).toEqual(["a uncertain"]);
      expect(second.world.read().length).toBeLessThanOrEqual(1);
      await second.close();
    });
  });

  it("frozen past its lease, changes nothing of what its successor did", async () => {
    await withFolder(async (folder) => {
      const frozen = Promise.withResolvers<void>();
      const thawed = Promise.withResolvers<void>();
      const clock = createFakeClock();
      const first = await openScene({
        folder,
        clock,
        workflows: [slow],
        deps: {
          resolveAddress: async () => {
            frozen.resolve();
            await thawed.promise;
            return { channel: "test", chat: "late" };
          },
        },
      });
      const run = await first.start("x");
      const late = first.work();
      await frozen.promise;
      clock.advance(60_000);
      const second = await openScene({ folder, clock, workflows: [slow] });
      await second.work();
      expect((await second.run(run.id)).state).toBe("done");
      const before = await second.store.workflows.steps(run.id);
      thawed.resolve();
      await late;
      expect(await second.store.workflows.steps(run.id)).toEqual(before);
      expect(await second.sent()).toEqual(["a", "b"]);
      await second.close();
      await first.close();
    });
  });
});

const slow = `name: x
description: d
group: research
steps:
  - { id: a, send: owner, text: a }
  - { id: b, send: owner, text: b }
`;

describe("the id of a message", () => {
  it("is the same in each attempt, another one when a person wants it sent anew, and plain letters", () => {
    const row = stepRow("all[3].say");
    expect(outboundId({ ...row, attempt: 2 })).toBe(outboundId(row));
    expect(outboundId({ ...row, redo: 1 })).not.toBe(outboundId(row));
    expect(outboundId(stepRow("all[4].say"))).not.toBe(outboundId(row));
    expect(outboundId(row)).toMatch(/^[a-z0-9-]+$/);
  });
});
