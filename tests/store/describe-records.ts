import { describe, expect, it } from "vitest";
import type { Address } from "../../src/core/message.ts";
import type { StoreScene } from "../contracts/store.ts";
import { inbound, kept, outbound, room, turn } from "./mail.ts";

const dayMs = 86_400_000;
const keep = { inboxDays: 10, journalDays: 10, outboxDays: 10 };

/** People, turns, what is counted, what is shown, and what is thrown away. */
export function describeRecords(scene: StoreScene): void {
  const { store } = scene;

  describe("pairing", () => {
    const ask = (code: string, personId = "test:ada") =>
      store().write((transaction) =>
        transaction.addPairing(
          {
            code,
            person: { id: personId, name: "Ada", isBot: false },
            address: { channel: "test", chat: "room" },
            expiresAt: scene.clock.now() + 1_000,
          },
          scene.clock.now(),
        ),
      );
    const takeCode = (code: string) => store().write((transaction) => transaction.takePairing(code, scene.clock.now()));

    it("lets one person have three open codes, each taken once and in time", async () => {
      expect([await ask("A"), await ask("B"), await ask("C"), await ask("D")]).toEqual([true, true, true, false]);
      expect(await ask("E", "test:bob")).toBe(true);
      const taken = await Promise.all([takeCode("A"), takeCode("A")]);
      expect(taken.filter((each) => each !== undefined)).toHaveLength(1);
      expect(await ask("F")).toBe(true);
      expect(await takeCode("none")).toBeUndefined();
      scene.clock.advance(1_000);
      expect(await takeCode("B")).toBeUndefined();
      expect(await store().pendingPairings(scene.clock.now())).toEqual([]);
      expect(await ask("G")).toBe(true);
    });

    it("keeps a person's role and name as last saved", async () => {
      expect(await store().person("test:ada")).toBeUndefined();
      for (const role of ["member", "blocked"] as const) {
        await store().write((transaction) => transaction.savePerson({ id: "test:ada", name: "Ada", role }));
        expect((await store().person("test:ada"))?.role).toBe(role);
      }
    });
  });

  describe("turns", () => {
    it("come back with their mail and steps in order, until they end", async () => {
      await store().takeLease(room, "a", scene.clock.now(), 1_000);
      await store().write((transaction) => transaction.addInbox(inbound("1"), room, "new"));
      const inbox = await store().unreadMail(room, 10);
      const step = (index: number, startedCalls: readonly string[]) => ({
        turnId: "t",
        index,
        message: { role: "assistant" as const, content: [] },
        startedCalls,
      });
      await store().write(async (transaction) => {
        await transaction.saveTurn(turn("t", { inbox, isTainted: true }));
        await transaction.markInboxDone([inbox[0]?.seq ?? 0], "t");
        await transaction.saveStep(step(1, []));
        await transaction.saveStep(step(0, []));
        await transaction.saveStep(step(1, ["call"]));
      });
      const [open] = await store().openTurns(room);
      expect(open?.turn).toMatchObject({ id: "t", isTainted: true, state: "running" });
      expect(open?.turn.inbox.map(({ message }) => message.id)).toEqual(["1"]);
      expect(open?.steps.map(({ index, startedCalls }) => [index, startedCalls])).toEqual([
        [0, []],
        [1, ["call"]],
      ]);
      await store().write((transaction) => transaction.setTurnState("t", "waiting"));
      expect(await store().openTurns(room)).toEqual([]);
    });
  });

  describe("records", () => {
    it("keep a channel's state by channel and key", async () => {
      const set = (channel: string, key: string, value: string) =>
        store().write((transaction) => transaction.setChannelState(channel, key, value));
      await set("one", "cursor", "1");
      await set("two", "cursor", "2");
      await set("one", "cursor", "x".repeat(65_536));
      expect((await store().channelState("one", "cursor"))?.length).toBe(65_536);
      expect(await store().channelState("two", "cursor")).toBe("2");
      expect(await store().channelState("one", "other")).toBeUndefined();
    });

    it("sum what was spent, beyond 32 bits too", async () => {
      const usage = {
        conversation: room,
        person: "test:ada",
        persona: "general",
        model: "m",
        inputTokens: 2_000_000_000,
        outputTokens: 1,
        cachedTokens: 0,
        costMicros: 3_000_000_000,
      };
      await store().write(async (transaction) => {
        await transaction.addUsage(usage, 1_000);
        await transaction.addUsage(usage, 2_000);
        await transaction.addUsage({ ...usage, model: "n" }, 3_000);
        await transaction.addUsage(usage, 10);
      });
      const since = (await store().usageSince(1_000)).toSorted((one, two) => one.model.localeCompare(two.model));
      expect(since).toEqual([
        {
          ...usage,
          inputTokens: 4_000_000_000,
          outputTokens: 2,
          costMicros: 6_000_000_000,
        },
        { ...usage, model: "n" },
      ]);
    });

    it("keep the last judgement of each thing, the newest first", async () => {
      const judged = { persona: "kind", ref: "a", outcome: "accepted", note: "", at: 1_000 } as const;
      await store().write(async (transaction) => {
        await transaction.addOutcome(judged);
        await transaction.addOutcome({ ...judged, ref: "b", at: 2_000 });
        await transaction.addOutcome({ ...judged, persona: "other" });
      });
      await store().write((transaction) =>
        transaction.addOutcome({ ...judged, outcome: "rejected", note: "too long", at: 3_000 }),
      );
      expect(await store().outcomesSince("kind", 0, 10)).toEqual([
        { ...judged, outcome: "rejected", note: "too long", at: 3_000 },
        { ...judged, ref: "b", at: 2_000 },
      ]);
      expect(await store().outcomesSince("kind", 2_000, 10)).toHaveLength(1);
      expect(await store().outcomesSince("kind", 0, 1)).toHaveLength(1);
    });

    it("show dead letters until they are dealt with", async () => {
      const letter = { id: "d", kind: "turn", ref: room, reason: "broken", at: 1 } as const;
      await store().write((transaction) => transaction.addDeadLetter(letter));
      await store().write((transaction) => transaction.addDeadLetter(letter));
      expect(await store().deadLetters(10)).toEqual([{ ...letter, state: "open" }]);
      await store().write((transaction) => transaction.setDeadLetter("d", "retried"));
      expect(await store().deadLetters(10)).toEqual([]);
      expect((await store().deadLetter("d"))?.state).toBe("retried");
    });

    it("find what was said in one conversation, best match first", async () => {
      const say = (id: string, text: string, conversation = room) =>
        kept(id, { shown: inbound(id, { text }), conversation });
      await store().write((transaction) =>
        transaction.addMessages([
          say("1", "The Tide tables"),
          say("2", "tide and moon"),
          say("3", "nothing"),
          say("4", "tide", "test/other"),
        ]),
      );
      const found = await store().searchMessages(room, "TIDE moon?", 10);
      expect(found.map(({ text }) => text)).toEqual(["tide and moon", "The Tide tables"]);
      expect(await store().searchMessages(room, "% _ '", 10)).toEqual([]);
    });
  });

  describe("transcript", () => {
    const says = (id: string, at: number) => kept(id, { at });
    const ids = async (options: { limit: number; beforeAt?: number }) =>
      (await store().transcript("test").read("room", options)).map(({ id }) => id);

    it("shows what was said and the mail that waits, at most as much as asked for", async () => {
      await store().write(async (transaction) => {
        await transaction.addMessages([says("1", 1), says("2", 2), says("3", 3)]);
        await transaction.addMessages([kept("hidden", { shown: undefined, at: 4 })]);
        for (const id of ["4", "5"]) await transaction.addInbox(inbound(id), room, "new");
      });
      expect(await ids({ limit: 10 })).toEqual(["1", "2", "3", "4", "5"]);
      expect(await ids({ limit: 3 })).toEqual(["3", "4", "5"]);
      expect(await ids({ limit: 1 })).toEqual(["5"]);
      expect(await ids({ limit: 10, beforeAt: 3 })).toEqual(["1", "2"]);
    });

    it("shows mail that a turn is busy with", async () => {
      await store().takeLease(room, "a", scene.clock.now(), 1_000);
      await store().write((transaction) => transaction.addInbox(inbound("1"), room, "new"));
      const inbox = await store().unreadMail(room, 10);
      await store().write(async (transaction) => {
        await transaction.saveTurn(turn("t", { inbox }));
        await transaction.markInboxDone(
          inbox.map(({ seq }) => seq),
          "t",
        );
      });
      expect(await ids({ limit: 10 })).toEqual(["1"]);
      await store().write(async (transaction) => {
        await transaction.addMessages([kept("1", { turnId: "t" })]);
        await transaction.setTurnState("t", "done");
      });
      expect(await ids({ limit: 10 })).toEqual(["1"]);
    });

    it("lists the chats of one channel and prefix only, latest first", async () => {
      const chats: readonly Address[] = [
        { channel: "test", chat: "ada.1" },
        { channel: "test", chat: "ada.ä/2" },
        { channel: "test", chat: "bob.1" },
        { channel: "test2", chat: "ada.1" },
        { channel: "te", chat: "st/ada.1" },
      ];
      const { conversationId } = await import("../../src/core/message.ts");
      for (const chat of chats) {
        scene.clock.advance(1);
        await store().takeLease(conversationId(chat), "a", scene.clock.now(), 1_000);
        await store().write((transaction) =>
          transaction.updateConversation(conversationId(chat), { title: chat.chat }),
        );
      }
      const list = await store().transcript("test").list("ada.", 10);
      expect(list.map(({ chat }) => chat)).toEqual(["ada.ä/2", "ada.1"]);
      expect(await store().transcript("test").list("ada.", 1)).toHaveLength(1);
      expect(await store().transcript("test").list("", 10)).toHaveLength(3);
    });
  });

  describe("prune", () => {
    const count = async (table: string) =>
      (
        await store().database.read<{ n: number }>({
          sql: `select count(*) as n from ${table}`,
          parameters: [],
        })
      )[0]?.n;

    it("deletes what is old and settled, and nothing that is still needed", async () => {
      await store().write(async (transaction) => {
        await transaction.addInbox(inbound("old"), room, "done");
        await transaction.addInbox(inbound("unread"), room, "new");
        await transaction.addOutbox([outbound("sent"), outbound("waits")], room);
        await transaction.markSent("sent", []);
      });
      scene.clock.advance(5 * dayMs);
      await store().write((transaction) => transaction.addInbox(inbound("new"), room, "done"));
      scene.clock.advance(6 * dayMs);
      await store().prune(scene.clock.now(), keep);
      expect(await count("inbox")).toBe(2);
      expect((await store().unreadMail(room, 10)).map(({ message }) => message.id)).toEqual(["unread"]);
      expect(await store().outboxItem("sent")).toBeUndefined();
      expect(await store().outboxItem("waits")).toBeDefined();
    });

    it("deletes the steps of all settled turns with them, however many there are", async () => {
      await store().write(async (transaction) => {
        for (let index = 0; index < 2_300; index += 1) {
          const id = `t${index}`;
          await transaction.saveTurn(
            turn(id, { state: index < 10 ? "waiting" : "done", startedAt: scene.clock.now() }),
          );
          const message = { role: "assistant" as const, content: [] };
          await transaction.saveStep({ turnId: id, index: 0, message, startedCalls: [] });
        }
      });
      scene.clock.advance(11 * dayMs);
      await store().prune(scene.clock.now(), keep);
      expect(await count("turn")).toBe(10);
      expect(await count("step")).toBe(10);
    });
  });
}
