import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DecisionRecord, DraftRecord, FollowUpRecord } from "../../src/core/cdc.ts";
import type { Observation } from "../../src/core/style.ts";
import type { StoreScene } from "../contracts/store.ts";
import { inbound, outbound, room } from "./mail.ts";

const dayMs = 86_400_000;
const keep = { inboxDays: 400, journalDays: 400, outboxDays: 400 };

export function decision(id: string, extra: Partial<DecisionRecord> = {}): DecisionRecord {
  return {
    id,
    conversation: room,
    channel: "test",
    messageId: `message-${id}`,
    senderId: "test:ada",
    senderName: "Ada",
    excerpt: "Could you?",
    kind: "request",
    asks: true,
    priority: "normal",
    confidence: 0.9,
    action: "draft",
    tellsOwner: false,
    reasons: ["it is a request to you"],
    at: 1_000,
    ...extra,
  };
}

export function draft(id: string, extra: Partial<DraftRecord> = {}): DraftRecord {
  return {
    id,
    conversation: room,
    turnId: `turn-${id}`,
    message: outbound(`draft-${id}`),
    question: { senderId: "test:ada", senderName: "Ada", text: "Could you?" },
    reason: "It is a request to you.",
    state: "pending",
    snoozedUntil: 0,
    expiresAt: 10_000,
    createdAt: 1_000,
    updatedAt: 1_000,
    ...extra,
  };
}

const observation: Observation = {
  at: 1,
  picks: ["lower", null],
  sizes: { chars: 9, words: 2, sentences: 1, sentenceWords: 2, lines: 1 },
  emoji: [],
  languages: [],
  audiences: [],
};

function followUp(id: string, extra: Partial<FollowUpRecord> = {}): FollowUpRecord {
  return {
    id,
    conversation: room,
    kind: "answer",
    ref: "[]",
    reason: "quiet hours",
    state: "waiting",
    dueAt: 5_000,
    createdAt: 1_000,
    ...extra,
  };
}

/** What the watching of channels writes down. */
export function describeCdc(scene: StoreScene, propertyRuns: number): void {
  const { store } = scene;
  const cdc = () => store().cdc;

  describe("decisions", () => {
    const add = (...decisions: DecisionRecord[]) =>
      store().write(async (transaction) => {
        for (const each of decisions) await transaction.cdc.addDecision(each);
      });

    it("are found by id and by message, and made anew keep their name", async () => {
      await add(decision("a"), decision("b", { action: "ignore", at: 2_000 }));
      expect(await cdc().decision("a")).toEqual(decision("a"));
      await add(decision("c", { messageId: "message-a", action: "reply", at: 3_000 }));
      expect(await cdc().decision("c")).toBeUndefined();
      expect(await cdc().decisionOf("test", "message-a")).toMatchObject({ id: "a", action: "reply" });
      expect((await cdc().decisions({ limit: 10 })).map(({ id }) => id)).toEqual(["a", "b"]);
      expect((await cdc().decisions({ limit: 10, needsOwner: true })).map(({ id }) => id)).toEqual([]);
    });

    it("keep what the owner said of them", async () => {
      await add(decision("a"));
      await store().write((transaction) => transaction.cdc.correctDecision("a", "ignore"));
      await add(decision("a", { action: "escalate", tellsOwner: true }));
      expect(await cdc().decision("a")).toMatchObject({ correction: "ignore", action: "escalate" });
      expect((await cdc().decisions({ limit: 10, needsOwner: true })).map(({ id }) => id)).toEqual(["a"]);
    });

    it("count answers by sender, thread and channel within the time", async () => {
      await add(
        decision("a", { action: "reply", at: 100 }),
        decision("b", { action: "reply", at: 2_000 }),
        decision("c", { action: "draft", senderId: "test:bob", at: 3_000 }),
        decision("d", { action: "ask-approval", conversation: "test/other", at: 4_000 }),
        decision("e", { action: "ignore", at: 5_000 }),
        decision("f", { action: "reply", channel: "else", at: 5_000 }),
      );
      const of = { senderId: "test:ada", conversation: room, channel: "test" };
      expect(await cdc().countAnswers(of, 100)).toEqual({ sender: 2, thread: 2, channel: 3, newestAt: 4_000 });
      expect(await cdc().countAnswers(of, 9_000)).toEqual({ sender: 0, thread: 0, channel: 0, newestAt: 0 });
    });
  });

  describe("drafts", () => {
    const add = (each: DraftRecord) => store().write((transaction) => transaction.cdc.addDraft(each));
    const answer = (by: string) =>
      store().write((transaction) => transaction.cdc.answerDraft("a", { state: "approved", by }, 2_000));

    it("are one for each thread until they are answered, and answered once", async () => {
      expect([await add(draft("a")), await add(draft("b")), await add(draft("a"))]).toEqual([true, false, false]);
      expect((await cdc().openDraft(room))?.id).toBe("a");
      const answers = await Promise.all(["x", "y", "z"].map(answer));
      expect(answers.filter(Boolean)).toHaveLength(1);
      expect(await cdc().openDraft(room)).toBeUndefined();
      expect(await cdc().draft("a")).toMatchObject({ state: "approved", updatedAt: 2_000 });
      expect(await add(draft("c"))).toBe(true);
    });

    it("end as what became of their message", async () => {
      await add(draft("a"));
      await store().write((transaction) => transaction.cdc.settleDraft("draft-a", "sent", 3_000));
      expect((await cdc().draft("a"))?.state).toBe("pending");
      await answer("x");
      await store().write((transaction) => transaction.cdc.settleDraft("draft-a", "sent", 3_000));
      expect((await cdc().draft("a"))?.state).toBe("sent");
    });

    it("are hidden while they are snoozed, and expire", async () => {
      await add(draft("a"));
      await store().write((transaction) => transaction.cdc.snoozeDraft("a", 4_000, 2_000));
      expect(await cdc().pendingDrafts(3_999, 5)).toEqual([]);
      expect(await cdc().pendingDrafts(3_999, 5, true)).toHaveLength(1);
      expect(await cdc().pendingDrafts(4_000, 5)).toHaveLength(1);
      // It lasts at least a day longer than it was out of sight.
      expect(await cdc().expiredDrafts(10_000, 5)).toEqual([]);
      expect((await cdc().expiredDrafts(4_000 + dayMs, 5)).map(({ id }) => id)).toEqual(["a"]);
    });

    it("change their words while they wait, and not afterwards", async () => {
      await add(draft("a"));
      const revise = (text: string) =>
        store().write((transaction) => transaction.cdc.reviseDraft("a", outbound("draft-a", { text }), 2_000));
      expect(await revise("better")).toBe(true);
      await answer("x");
      expect(await revise("too late")).toBe(false);
      expect((await cdc().draft("a"))?.message.text).toBe("better");
    });
  });

  describe("follow-ups", () => {
    it("are due in order, and fire or are cancelled once", async () => {
      await store().write(async (transaction) => {
        for (const each of [
          followUp("a"),
          followUp("b", { dueAt: 4_000 }),
          followUp("c", { kind: "reminder" }),
          followUp("d", { conversation: "test/other" }),
        ])
          await transaction.cdc.addFollowUp(each);
      });
      expect(await cdc().dueFollowUps(3_999, 9)).toEqual([]);
      expect((await cdc().dueFollowUps(5_000, 9)).map(({ id }) => id)[0]).toBe("b");
      const settle = () => store().write((transaction) => transaction.cdc.settleFollowUp("b", "fired"));
      expect((await Promise.all([settle(), settle()])).filter(Boolean)).toHaveLength(1);
      expect(await store().write((transaction) => transaction.cdc.cancelFollowUps(room, ["answer"]))).toBe(1);
      expect((await cdc().waitingFollowUps(9)).map(({ id }) => id).toSorted()).toEqual(["c", "d"]);
      expect((await cdc().waitingFollowUps(9, room)).map(({ id }) => id)).toEqual(["c"]);
    });

    it("make mail unread again", async () => {
      await store().write((transaction) => transaction.addInbox(inbound("1"), room, "new"));
      const [mail] = await store().unreadMail(room, 5);
      await store().write((transaction) => transaction.markInboxDone([mail?.seq ?? 0], "turn"));
      expect(await store().unreadMail(room, 5)).toEqual([]);
      await store().write((transaction) => transaction.cdc.reopenMail([mail?.seq ?? 0]));
      expect((await store().unreadMail(room, 5)).map(({ message }) => message.id)).toEqual(["1"]);
    });
  });

  describe("digests", () => {
    it("tell of every decision exactly once, whoever writes them and whenever", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat(3), { minLength: 1, maxLength: 30 }), async (script) => {
          const name = `digest-${Math.random()}`;
          const told: string[] = [];
          let made = 0;
          const mine: string[] = [];
          const other = await scene.another();
          const write = async (slotAt: number, where = store()) => {
            const found = (await where.cdc.undigested(name, 0, 100)).filter(({ id }) => mine.includes(id));
            const record = { id: `${name}-${slotAt}-${Math.random()}`, name, slotAt, text: "", entries: 0, at: 1 };
            const ids = found.map(({ id }) => id);
            if (await where.write((transaction) => transaction.cdc.addDigest(record, ids))) told.push(...ids);
          };
          for (const [slot, action] of script.entries()) {
            if (action < 2) {
              const id = `${name}-${(made += 1)}`;
              mine.push(id);
              await store().write((transaction) => transaction.cdc.addDecision(decision(id)));
            } else if (action === 2) await write(slot);
            else await Promise.all([write(slot), write(slot, other)]);
          }
          await write(script.length);
          expect(told.toSorted()).toEqual(mine.toSorted());
        }),
        { numRuns: Math.min(propertyRuns, 15) },
      );
    });
  });

  describe("the owner's own", () => {
    it("words are kept, counted, forgotten by source, and thrown away in time", async () => {
      const words = (source: string, count: number) =>
        Array.from({ length: count }, (_, index) => ({
          source,
          text: `${source} ${index}`,
          at: index,
          channel: "mail",
          observation,
        }));
      await store().write(async (transaction) => {
        await transaction.cdc.addOwnMessages(words("mail", 120), dayMs);
        await transaction.cdc.addOwnMessages(words("chat", 3), 2 * dayMs);
      });
      expect(await cdc().countOwnMessages()).toEqual([
        { source: "chat", count: 3, newestAt: 2 },
        { source: "mail", count: 120, newestAt: 119 },
      ]);
      expect((await cdc().ownMessages(2)).map(({ text }) => text)).toEqual(["mail 118", "mail 119"]);
      await store().prune(dayMs, keep);
      expect((await cdc().ownMessages(500, true)).map(({ source }) => source)).toEqual(["chat", "chat", "chat"]);
      expect(await cdc().ownMessages(500)).toHaveLength(123);
      expect((await cdc().ownMessages(500)).every((each) => each.observation.sizes.words === 2)).toBe(true);
      await store().prune(800 * dayMs, keep);
      expect(await cdc().countOwnMessages()).toEqual([]);
      await store().write((transaction) => transaction.cdc.addOwnMessages(words("chat", 3), 900 * dayMs));
      expect(await store().write((transaction) => transaction.cdc.forgetOwnMessages("chat"))).toBe(3);
    });

    it("facts and rules are kept until they are taken away", async () => {
      const rule = { id: "r", about: "judgement" as const, rule: { kind: "thanks" }, says: "it", madeFrom: "d", at: 1 };
      await store().write(async (transaction) => {
        await transaction.cdc.setFact("vips", ["test:ada"]);
        await transaction.cdc.addRule(rule);
      });
      expect(await cdc().fact("vips")).toEqual(["test:ada"]);
      expect(await cdc().rules("judgement")).toEqual([rule]);
      expect(await cdc().rules("style")).toEqual([]);
      await store().write(async (transaction) => {
        await transaction.cdc.setFact("vips", undefined);
        expect(await transaction.cdc.removeRule("r")).toBe(true);
        expect(await transaction.cdc.removeRule("r")).toBe(false);
      });
      expect(await cdc().fact("vips")).toBeUndefined();
    });
  });

  it("numbers events so that a reader who goes on from the last one misses none", async () => {
    const other = await scene.another();
    const seen: string[] = [];
    let last = await cdc().lastEvent();
    const start = last;
    const read = async (): Promise<void> => {
      for (const event of await cdc().events(last, 100)) {
        seen.push(event.ref);
        last = event.seq;
      }
    };
    const writers = [store(), other].map(async (each, writer) => {
      for (let count = 0; count < 20; count++)
        await each.write((transaction) => transaction.cdc.addEvent("draft", `${writer}-${count}`, 1));
    });
    let isDone = false;
    const done = Promise.all(writers).finally(() => (isDone = true));
    while (!isDone) {
      await read();
      await setImmediate();
    }
    await done;
    await read();
    expect(seen).toHaveLength(40);
    expect(new Set(seen).size).toBe(40);
    expect(start).toBe(0);
  });

  it("lets whoever writes an event first read what all before them wrote", async () => {
    const other = await scene.another();
    const add = (each: typeof other) =>
      each.write(async (transaction) => {
        await transaction.cdc.addEvent("style", "profile", 1);
        const known = (await transaction.cdc.fact("count")) as number | undefined;
        await setImmediate();
        await transaction.cdc.setFact("count", (known ?? 0) + 1);
      });
    await Promise.all(Array.from({ length: 20 }, (_, index) => add(index % 2 === 0 ? store() : other)));
    expect(await store().cdc.fact("count")).toBe(20);
  });
}
