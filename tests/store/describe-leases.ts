import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isAppError } from "../../src/core/errors.ts";
import type { InboxItem, Lease, Store } from "../../src/core/store.ts";
import type { StoreScene } from "../contracts/store.ts";
import { inbound, room } from "./mail.ts";

const ttlMs = 30_000;

/** Who may run a conversation, and what happens to those who only believe they may. */
export function describeLeases(scene: StoreScene, propertyRuns: number): void {
  const { store } = scene;
  const take = (owner: string, conversation = room, at: Store = store()) =>
    at.takeLease(conversation, owner, scene.clock.now(), ttlMs);

  describe("leases", () => {
    it("are taken by one of many at once, and by the next one when they run out", async () => {
      const other = await scene.another();
      const taken = await Promise.all(
        ["a", "b", "c", "d"].map((owner, index) => take(owner, room, index % 2 === 0 ? store() : other)),
      );
      const [first, ...more] = taken.filter((each) => each !== undefined);
      expect(more).toEqual([]);
      scene.clock.advance(ttlMs);
      expect(await take("e")).toBeUndefined();
      scene.clock.advance(1);
      const next = await take("e");
      expect(next?.lease.fence).toBe((first?.lease.fence ?? 0) + 1);
    });

    it("undo the whole transaction of an owner that lost its own", async () => {
      const stale = (await take("a"))?.lease as Lease;
      scene.clock.advance(ttlMs + 1);
      const fresh = (await take("b"))?.lease as Lease;
      for (const end of ["checkFence", "releaseLease"] as const) {
        const failed = await store()
          .write(async (transaction) => {
            await transaction.addInbox(inbound(end), room, "new");
            await transaction.audit({ kind: "test", actor: "system", subject: room }, scene.clock.now());
            await transaction[end](stale);
          })
          .catch((error: unknown) => error);
        expect(isAppError(failed, "lease-lost")).toBe(true);
      }
      expect(await store().unreadMail(room, 10)).toEqual([]);
      expect((await store().verifyAudit()).isIntact).toBe(true);
      await store().write((transaction) => transaction.releaseLease(fresh));
      const again = await store()
        .write((transaction) => transaction.checkFence(fresh))
        .catch((error: unknown) => error);
      expect(isAppError(again, "lease-lost")).toBe(true);
    });

    it("are renewed for the conversations named, if they have not run out", async () => {
      const other = "test/other";
      const first = (await take("a"))?.lease;
      await take("a", other);
      await take("b", "test/third");
      scene.clock.advance(ttlMs - 1);
      const renewed = await store().renewLeases("a", [room, "test/third"], scene.clock.now(), ttlMs);
      expect(renewed).toEqual([{ conversation: room, fence: first?.fence, stopRequested: false }]);
      scene.clock.advance(2);
      expect(await take("c")).toBeUndefined();
      expect(await take("c", other)).toBeDefined();
      scene.clock.advance(ttlMs);
      expect(await store().renewLeases("a", [room], scene.clock.now(), ttlMs)).toEqual([]);
      expect(await store().renewLeases("a", [], scene.clock.now(), ttlMs)).toEqual([]);
    });

    it("tell a wish to stop once, and not to the next taker", async () => {
      const renew = async () =>
        (await store().renewLeases("a", [room], scene.clock.now(), ttlMs)).map(({ stopRequested }) => stopRequested);
      const { lease } = (await take("a")) as { lease: Lease };
      await store().requestStop(room);
      expect(await renew()).toEqual([true]);
      expect(await renew()).toEqual([false]);
      await store().requestStop(room);
      await store().write((transaction) => transaction.releaseLease(lease));
      await take("a");
      expect(await renew()).toEqual([false]);
    });

    it("are known to the sweeper: mail and open turns that nobody holds, once their time has come", async () => {
      const forgotten = () => store().forgottenConversations(scene.clock.now(), scene.clock.now() - 5_000, 10);
      await store().write((transaction) => transaction.addInbox(inbound("1"), room, "new"));
      expect(await forgotten()).toEqual([]);
      scene.clock.advance(5_001);
      expect(await forgotten()).toEqual([room]);
      const { lease } = (await take("a")) as { lease: Lease };
      expect(await forgotten()).toEqual([]);
      await store().write(async (transaction) => {
        await transaction.updateConversation(room, { retryAt: scene.clock.now() + 60_000 });
        await transaction.releaseLease(lease);
      });
      expect(await forgotten()).toEqual([]);
      scene.clock.advance(60_000);
      expect(await forgotten()).toEqual([room]);
    });

    it("never let two owners commit the same mail, nor a stale one commit at all", async () => {
      let round = 0;
      const other = await scene.another();
      const operation = fc.oneof(
        fc.record({ kind: fc.constant("receive" as const) }),
        fc.record({
          kind: fc.constantFrom("take", "read", "commit", "release", "renew", "race"),
          owner: fc.constantFrom("a", "b"),
        }),
        fc.record({
          kind: fc.constant("advance" as const),
          ms: fc.constantFrom(1, 10_000, ttlMs, ttlMs + 1),
        }),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(operation, { maxLength: 25 }), async (operations) => {
          const conversation = `test/run-${(round += 1)}`;
          const held = new Map<string, { lease: Lease; mail: readonly InboxItem[] }>();
          /** Who may commit by the rules: the last one to take it who has not given it back. */
          let holder: { owner: string; fence: number; until: number } | undefined;
          let received = 0;
          const committed: string[] = [];
          const storeOf = (owner: string) => (owner === "a" ? store() : other);

          async function takeAs(owner: string): Promise<boolean> {
            const taken = await take(owner, conversation, storeOf(owner));
            if (taken === undefined) return false;
            holder = {
              owner,
              fence: taken.lease.fence,
              until: scene.clock.now() + ttlMs,
            };
            held.set(owner, { lease: taken.lease, mail: [] });
            return true;
          }

          async function commitAs(owner: string, isRelease: boolean): Promise<void> {
            const own = held.get(owner);
            if (own === undefined) return;
            const mayCommit = holder?.owner === owner && holder.fence === own.lease.fence;
            const mail = isRelease ? [] : own.mail;
            const outcome = await storeOf(owner)
              .write(async (transaction) => {
                await transaction.markInboxDone(
                  mail.map(({ seq }) => seq),
                  owner,
                );
                await (isRelease ? transaction.releaseLease(own.lease) : transaction.checkFence(own.lease));
              })
              .then(
                () => true,
                (error: unknown) => {
                  if (!isAppError(error, "lease-lost")) throw error;
                  return false;
                },
              );
            expect(outcome).toBe(mayCommit);
            if (!outcome) return;
            committed.push(...mail.map(({ message }) => message.id));
            held.set(owner, { ...own, mail: [] });
            if (isRelease) holder = undefined;
          }

          for (const each of operations) {
            if (each.kind === "receive") {
              const message = inbound(`${conversation}:${(received += 1)}`);
              await store().write((transaction) => transaction.addInbox(message, conversation, "new"));
            } else if (each.kind === "advance") scene.clock.advance(each.ms);
            else if (each.kind === "take") {
              const isFree = holder === undefined || holder.until < scene.clock.now();
              expect(await takeAs(each.owner)).toBe(isFree);
            } else if (each.kind === "race") {
              const isFree = holder === undefined || holder.until < scene.clock.now();
              const taken = await Promise.all([takeAs("a"), takeAs("b")]);
              expect(taken.filter(Boolean)).toHaveLength(isFree ? 1 : 0);
            } else if (each.kind === "read") {
              const own = held.get(each.owner);
              const mail = await storeOf(each.owner).unreadMail(conversation, 3);
              if (own !== undefined) held.set(each.owner, { ...own, mail });
            } else if (each.kind === "renew") {
              const renewed = await storeOf(each.owner).renewLeases(
                each.owner,
                [conversation],
                scene.clock.now(),
                ttlMs,
              );
              const isLive = holder?.owner === each.owner && holder.until >= scene.clock.now();
              expect(renewed).toHaveLength(isLive ? 1 : 0);
              if (isLive && holder !== undefined) holder = { ...holder, until: scene.clock.now() + ttlMs };
            } else await commitAs(each.owner, each.kind === "release");
          }
          expect(new Set(committed).size).toBe(committed.length);
          const left = (await store().unreadMail(conversation, 100)).map(({ message }) => message.id);
          expect(committed.length + left.length).toBe(received);
          const isOrdered = (ids: readonly string[]) =>
            expect(ids).toEqual(ids.toSorted((one, two) => Number(one.split(":")[1]) - Number(two.split(":")[1])));
          isOrdered(committed);
          isOrdered(left);
        }),
        { numRuns: propertyRuns },
      );
    });
  });

  describe("named leases", () => {
    const name = "channel:test";
    const takeNamed = (owner: string, at: Store = store()) => at.takeNamedLease(name, owner, scene.clock.now(), ttlMs);

    it("belong to one owner, who may take them again, until they run out or are given back", async () => {
      const other = await scene.another();
      const taken = await Promise.all([takeNamed("a"), takeNamed("b", other)]);
      expect(taken.filter(Boolean)).toHaveLength(1);
      const [winner, loser] = taken[0] ? ["a", "b"] : ["b", "a"];
      scene.clock.advance(ttlMs);
      expect(await takeNamed(winner)).toBe(true);
      scene.clock.advance(ttlMs);
      expect(await takeNamed(loser)).toBe(false);
      scene.clock.advance(1);
      expect(await takeNamed(loser)).toBe(true);
      expect(await store().owners()).toEqual([loser]);
      await store().releaseNamedLeases(loser);
      expect(await store().owners()).toEqual([]);
      expect(await takeNamed(winner)).toBe(true);
    });
  });
}
