import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { isAppError } from "../../src/core/errors.ts";
import type { ApprovalRecord } from "../../src/core/store.ts";
import type { OpenStore } from "../../src/store/index.ts";
import { createFakeClock, type FakeClock } from "../doubles/fake-clock.ts";
import { describeAudit } from "../store/describe-audit.ts";
import { describeCdc } from "../store/describe-cdc.ts";
import { describeLeases } from "../store/describe-leases.ts";
import { describeMemories } from "../store/describe-memories.ts";
import { describePlaced } from "../store/describe-placed.ts";
import { describeRecords } from "../store/describe-records.ts";
import { describeWorkflowRuns } from "../store/describe-workflow-runs.ts";
import { inbound, kept, outbound, room, turn } from "../store/mail.ts";

export interface StoreHarness {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Makes an empty database, which the next `open` uses. */
  reset(): Promise<void>;
  /** Opens the same database once more, as another process would. */
  open(now: () => number): Promise<OpenStore>;
  /** Interleavings tried by the property tests. */
  readonly propertyRuns: number;
}

export interface StoreScene {
  readonly clock: FakeClock;
  store(): OpenStore;
  /** As another process; closed after the test. */
  another(): Promise<OpenStore>;
}

const ttlMs = 30_000;

/** What every store keeps to, whatever database lies under it. */
export function describeStore(name: string, harness: StoreHarness): void {
  describe(`store on ${name}`, () => {
    let clock = createFakeClock();
    let opened: OpenStore[] = [];
    const store = (): OpenStore => opened[0] as OpenStore;
    const scene: StoreScene = {
      get clock() {
        return clock;
      },
      store,
      another: async () => {
        const other = await harness.open(clock.now);
        opened.push(other);
        return other;
      },
    };

    beforeAll(() => harness.start());
    afterAll(() => harness.stop());
    beforeEach(async () => {
      await harness.reset();
      clock = createFakeClock();
      opened = [await harness.open(clock.now)];
    });
    afterEach(async () => {
      for (const each of opened) await each.close();
    });

    const receive = (id: string, extra = {}) =>
      store().write((transaction) => transaction.addInbox(inbound(id, extra), room, "new"));

    describe("inbox", () => {
      it("knows a message again, also one that was only kept for recognition", async () => {
        expect(await receive("1")).toBe(true);
        expect(await receive("1")).toBe(false);
        const isNew = await store().write((transaction) => transaction.addInbox(inbound("2"), room, "done"));
        expect(isNew).toBe(true);
        expect(await receive("2")).toBe(false);
        const other = { address: { channel: "other", chat: "room" } };
        expect(await receive("1", other)).toBe(true);
        const ids = (await store().unreadMail(room, 10)).map(({ message }) => message.id);
        expect(ids).toEqual(["1", "1"]);
      });

      it("keeps one of two that come at the same time, whoever received them", async () => {
        const other = await scene.another();
        const outcomes = await Promise.all(
          [store(), other, store(), other].map((each) =>
            each.write((transaction) => transaction.addInbox(inbound("1"), room, "new")),
          ),
        );
        expect(outcomes.filter(Boolean)).toHaveLength(1);
      });

      it("opens the mail of a given-up turn again, and only that", async () => {
        for (const id of ["1", "2", "3"]) await receive(id);
        const [first, second] = await store().unreadMail(room, 2);
        await store().write(async (transaction) => {
          await transaction.markInboxDone([first?.seq ?? 0], "turn-a");
          await transaction.markInboxDone([second?.seq ?? 0], "turn-b");
        });
        const conversations = await store().write((transaction) => transaction.reopenInbox("turn-a"));
        expect(conversations).toEqual([room]);
        const ids = (await store().unreadMail(room, 10)).map(({ message }) => message.id);
        expect(ids).toEqual(["1", "3"]);
      });
    });

    describeLeases(scene, harness.propertyRuns);
    describeAudit(scene);
    describeRecords(scene);
    describeMemories(scene);
    describeCdc(scene, harness.propertyRuns);
    describePlaced(scene, harness.propertyRuns);
    describeWorkflowRuns(scene);

    describe("transactions", () => {
      it("undo a failing one alone, though it shares a commit with others", async () => {
        const works = ["1", "bad", "2"].map((id) =>
          store().write(async (transaction) => {
            await transaction.addInbox(inbound(id), room, "new");
            await transaction.audit({ kind: "test", actor: "system", subject: id }, clock.now());
            if (id === "bad") throw new Error("no");
          }),
        );
        const outcomes = await Promise.allSettled(works);
        expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
        const ids = (await store().unreadMail(room, 10)).map(({ message }) => message.id);
        expect(ids.toSorted()).toEqual(["1", "2"]);
        expect((await store().verifyAudit()).isIntact).toBe(true);
      });

      it("tell a statement that the database refuses as one of our errors, and undo all of it", async () => {
        const failed = await store()
          .write(async (transaction) => {
            await transaction.addInbox(inbound("1"), room, "new");
            await transaction.addMessages([kept("1", { conversation: null as never })]);
          })
          .catch((error: unknown) => error);
        expect(isAppError(failed, "store-failed")).toBe(true);
        expect(await store().unreadMail(room, 10)).toEqual([]);
      });
    });

    describe("history", () => {
      const history = (options = {}) =>
        store().history(room, { session: 1, afterSeq: 0, limit: 100, hasPins: false, ...options });
      const texts = async (options = {}) =>
        (await history(options)).map(({ message }) =>
          message.content.map((part) => (part.type === "text" ? part.text : "")).join(""),
        );

      it("gives the newest messages of the session, oldest first, without what is not in context", async () => {
        await store().write((transaction) =>
          transaction.addMessages([
            kept("1"),
            kept("2", { inContext: false }),
            kept("3"),
            kept("4", { session: 2 }),
            kept("5"),
          ]),
        );
        await store().write((transaction) => transaction.addMessages([kept("1")]));
        expect(await texts()).toEqual(["say 1", "say 3", "say 5"]);
        expect(await texts({ limit: 2 })).toEqual(["say 3", "say 5"]);
        const [first] = await history();
        expect(await texts({ afterSeq: first?.seq })).toEqual(["say 3", "say 5"]);
        expect((await store().firstMessage(room, 2))?.message.content).toEqual(kept("4").message.content);
      });

      it("puts pinned messages before the newest, also when nothing is newer", async () => {
        await store().write((transaction) => transaction.addMessages([kept("1"), kept("2"), kept("3")]));
        const all = await history();
        await store().takeLease(room, "a", clock.now(), ttlMs);
        await store().write((transaction) => transaction.pinMessage(room, all[0]?.seq ?? 0, true));
        expect((await store().conversation(room))?.hasPins).toBe(true);
        expect(await texts({ limit: 1, hasPins: true })).toEqual(["say 1", "say 3"]);
        const newest = all.at(-1)?.seq;
        expect(await texts({ afterSeq: newest, hasPins: true })).toEqual(["say 1"]);
        expect(await texts({ hasPins: true })).toEqual(["say 1", "say 2", "say 3"]);
      });

      it("takes a message into context when the retry of a given-up turn answers it", async () => {
        const write = (message: ReturnType<typeof kept>) =>
          store().write((transaction) => transaction.addMessages([message]));
        await write(kept("1", { turnId: "failed", inContext: false }));
        await write(kept("1", { turnId: "answered" }));
        expect((await history()).map(({ turnId }) => turnId)).toEqual(["answered"]);
        await write(kept("1", { turnId: "later", inContext: false }));
        expect((await history()).map(({ turnId }) => turnId)).toEqual(["answered"]);
      });
    });

    describe("outbox", () => {
      const add = (ids: readonly string[], claim?: { owner: string; until: number }) =>
        store().write((transaction) =>
          transaction.addOutbox(
            ids.map((id) => outbound(id)),
            room,
            claim,
          ),
        );
      const due = async () => (await store().dueOutbox("test", clock.now(), 10)).map(({ message }) => message.id);
      const settle = (id: string, state: "sent" | "pending" | "uncertain", extra = {}) =>
        store().write((transaction) => transaction.updateOutbox(id, { state, owner: null, ownedUntil: 0, ...extra }));

      it("offers the first unsettled row of each conversation, in order", async () => {
        await add(["1", "2"]);
        await store().write((transaction) => transaction.addOutbox([outbound("3")], "test/elsewhere"));
        expect(await due()).toEqual(["1", "3"]);
        expect(await store().claimOutbox("2", "a", clock.now(), ttlMs, undefined)).toBe(false);
        await settle("1", "pending", { nextAt: clock.now() + 1_000 });
        expect(await due()).toEqual(["3"]);
        clock.advance(1_000);
        expect(await due()).toEqual(["1", "3"]);
        await store().write((transaction) => transaction.markSent("1", ["p1"]));
        expect(await due()).toEqual(["2", "3"]);
        expect(await store().outboxItem("1")).toMatchObject({ state: "sent", parts: ["p1"] });
      });

      it("is claimed once among two owners, and again when the first one's time is over", async () => {
        await add(["1"]);
        const other = await scene.another();
        const claims = await Promise.all([
          store().claimOutbox("1", "a", clock.now(), ttlMs, "hint"),
          other.claimOutbox("1", "b", clock.now(), ttlMs, "hint"),
        ]);
        expect(claims.filter(Boolean)).toHaveLength(1);
        expect(await due()).toEqual([]);
        clock.advance(ttlMs + 1);
        expect(await due()).toEqual(["1"]);
        expect(await store().claimOutbox("1", "c", clock.now(), ttlMs, "hint")).toBe(true);
        expect(await store().outboxItem("1")).toMatchObject({
          state: "sending",
          attempts: 2,
          hint: "hint",
        });
      });

      it("takes rows in the insert only where nothing earlier is open", async () => {
        const claim = { owner: "a", until: clock.now() + ttlMs };
        expect(await add(["1"], claim)).toBe(true);
        expect(await add(["2"], claim)).toBe(false);
        expect((await store().outboxItem("2"))?.state).toBe("pending");
        expect(await due()).toEqual([]);
        for (const id of ["1", "2"]) await store().write((transaction) => transaction.markSent(id, []));
        expect(await add(["3"], claim)).toBe(true);
        expect(await add(["3"])).toBe(false);
        expect((await store().outboxItem("3"))?.state).toBe("sending");
      });

      it("goes on behind a row that nobody can tell about, and shows it", async () => {
        await add(["1", "2"]);
        await settle("1", "uncertain", { error: "cut off" });
        expect(await due()).toEqual(["2"]);
        expect(await store().uncertainOutbox(10)).toMatchObject([{ message: { id: "1" }, error: "cut off" }]);
      });

      it("gives back what a dead owner held, still marked as being sent", async () => {
        await add(["1"], { owner: "dead", until: clock.now() + ttlMs });
        await store().takeLease(room, "dead", clock.now(), ttlMs);
        await store().takeNamedLease("channel:test", "dead", clock.now(), ttlMs);
        expect(await store().owners()).toEqual(["dead"]);
        await store().releaseOwner("dead");
        expect(await store().owners()).toEqual([]);
        expect(await store().dueOutbox("test", clock.now(), 10)).toMatchObject([{ state: "sending" }]);
        expect(await store().takeLease(room, "b", clock.now(), ttlMs)).toBeDefined();
        expect(await store().takeNamedLease("channel:test", "b", clock.now(), ttlMs)).toBe(true);
      });
    });

    describe("approvals", () => {
      const approval = (id: string, turnId: string): ApprovalRecord => ({
        id,
        conversation: room,
        turnId,
        callId: `call-${id}`,
        tool: "send_message",
        input: { to: "x" },
        question: "May I?",
        state: "pending",
        expiresAt: clock.now() + 1_000,
        createdAt: clock.now(),
      });
      const ask = async (turnId: string, ids: readonly string[]) => {
        await store().takeLease(room, "a", clock.now(), ttlMs);
        await store().write(async (transaction) => {
          await transaction.saveTurn(turn(turnId, { state: "waiting" }));
          for (const id of ids) await transaction.addApproval(approval(id, turnId));
        });
      };

      it("are answered once, by whoever was first", async () => {
        await ask("t", ["1"]);
        const other = await scene.another();
        const answers = await Promise.all([
          store().write((transaction) => transaction.answerApproval("1", "approved", "test:ada")),
          other.write((transaction) => transaction.answerApproval("1", "denied", "test:bob")),
          store().write((transaction) => transaction.answerApproval("1", "expired", "system")),
        ]);
        expect(answers.filter(Boolean)).toHaveLength(1);
        const answered = await store().approval("1");
        expect(["approved", "denied", "expired"]).toContain(answered?.state);
        expect(await store().openTurns(room)).toHaveLength(1);
        expect((await store().conversation(room))?.hasOpenTurn).toBe(true);
      });

      it("make their turn ready with the last answer, also when two come at the same time", async () => {
        const other = await scene.another();
        for (let round = 0; round < 8; round += 1) {
          const ids = [`${round}a`, `${round}b`];
          await ask(`t${round}`, ids);
          await Promise.all(
            ids.map((id, index) =>
              (index === 0 ? store() : other).write(async (transaction) => {
                await transaction.answerApproval(id, "approved", "test:ada");
                await transaction.hasUnreadMail(room);
              }),
            ),
          );
          expect((await store().openTurns(room)).map((open) => open.turn.id)).toContain(`t${round}`);
        }
      });

      it("leave no open mark behind where their turn has ended already", async () => {
        await ask("t", ["1"]);
        await store().write((transaction) => transaction.setTurnState("t", "stopped"));
        await store().write((transaction) => transaction.answerApproval("1", "approved", "test:ada"));
        expect(await store().openTurns(room)).toEqual([]);
        expect((await store().conversation(room))?.hasOpenTurn).toBe(false);
      });

      it("leave the open mark of another turn alone while theirs ends", async () => {
        const other = await scene.another();
        for (let round = 0; round < 8; round += 1) {
          await ask(`waits${round}`, [`${round}`]);
          await store().write((transaction) => transaction.saveTurn(turn(`runs${round}`, { state: "running" })));
          await Promise.all([
            store().write(async (transaction) => {
              await transaction.setTurnState(`runs${round}`, "done");
              await transaction.hasUnreadMail(room);
            }),
            other.write((transaction) => transaction.answerApproval(`${round}`, "denied", "test:ada")),
          ]);
          expect((await store().conversation(room))?.hasOpenTurn).toBe(true);
          await store().write((transaction) => transaction.setTurnState(`waits${round}`, "done"));
          expect((await store().conversation(room))?.hasOpenTurn).toBe(false);
        }
      });
    });
  });
}
