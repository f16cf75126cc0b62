import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StoreScene } from "../contracts/store.ts";
import { say, toShownMessage } from "../../src/core/say.ts";
import type { PersonRecord } from "../../src/core/store.ts";
import { inbound, kept, outbound, room, turn } from "./mail.ts";

/** Finding messages that can be pointed at, changing our own, and finding people. */
export function describePlaced(scene: StoreScene, propertyRuns: number): void {
  const { store } = scene;
  const ada = { id: room, session: 1 };

  describe("messages that the platform knows", () => {
    const recent = (limit = 20) => store().recentMessages(room, limit);
    const texts = async (limit?: number) => (await recent(limit)).map(({ text }) => text);

    /** A message of ours, sent in these parts. */
    async function answer(id: string, at: number, parts: readonly string[], extra: { inContext?: boolean } = {}) {
      await store().write(async (transaction) => {
        const message = { ...toShownMessage(ada, `turn-${id}`, outbound(id), at), inContext: true, ...extra };
        await transaction.addMessages([message]);
        await transaction.addOutbox([outbound(id)], room);
        if (parts.length > 0) await transaction.markSent(id, parts);
      });
    }

    it("are theirs and ours, the latest first, with the ids that the platform gave", async () => {
      await store().write((transaction) => transaction.addMessages([kept("1", { at: 1_000 })]));
      await answer("o1", 2_000, ["p1", "p2"]);
      await store().write((transaction) => transaction.addMessages([kept("2", { at: 3_000 })]));
      await store().write((transaction) => transaction.addMessages([kept("x", { conversation: "test/other" })]));
      expect(await recent()).toEqual([
        { platformId: "2", text: "say 2" },
        { platformId: "p1", ours: { outboundId: "o1", parts: 2 }, text: "text of o1" },
        { platformId: "1", text: "say 1" },
      ]);
      expect(await texts(2)).toEqual(["say 2", "text of o1"]);
    });

    it("are not those on their way, commands, their answers, and questions", async () => {
      await answer("on-its-way", 1_000, []);
      await answer("answer-to-command", 2_000, ["p1"], { inContext: false });
      await store().write(async (transaction) => {
        const choices = [{ label: "Yes", command: "/approve 1" }];
        await say(transaction, outbound("card", { choices }), 3_000);
        await transaction.markSent("card", ["p2"]);
        await say(transaction, outbound("told"), 4_000);
        await transaction.markSent("told", ["p3"]);
        await transaction.addMessages([kept("c", { shown: inbound("c", { text: "/help" }), inContext: false })]);
      });
      expect(await recent()).toEqual([
        { platformId: "p3", ours: { outboundId: "told", parts: 1 }, text: "text of told" },
      ]);
    });

    it("are mail that waits or is being answered, too, as it reads now", async () => {
      await store().write(async (transaction) => {
        for (const id of ["1", "2", "3"]) await transaction.addInbox(inbound(id), room, "new");
        await transaction.addInbox(inbound("done"), room, "done");
      });
      const [first] = await store().unreadMail(room, 1);
      await store().write(async (transaction) => {
        await transaction.saveTurn(turn("t", { inbox: [first!], state: "waiting" }));
        await transaction.markInboxDone([first!.seq], "t");
        const edit = { kind: "edit", targetId: "2", text: "said anew" } as const;
        await transaction.addInbox(inbound("2:e", edit), room, "new");
        const stranger = { id: "test:bob", name: "Bob", isBot: false };
        await transaction.addInbox(inbound("2:f", { ...edit, text: "not mine", sender: stranger }), room, "new");
        await transaction.addInbox(inbound("3:d", { kind: "deletion", targetId: "3", text: "" }), room, "new");
      });
      expect((await texts()).toSorted()).toEqual(["said anew", "say 1"]);
    });

    it("of ours read as changed, in what the model and people see; others' words stay", async () => {
      const thought = { type: "thought", text: "hm" } as const;
      const content = [thought, { type: "text", text: "text " } as const, { type: "text", text: "of o1" } as const];
      await answer("o1", 1_000, ["p1"]);
      await store().write((transaction) =>
        transaction.addMessages([
          {
            ...toShownMessage(ada, "t", outbound("o2"), 2_000),
            message: { role: "assistant", content },
            inContext: true,
          },
          kept("1"),
        ]),
      );
      await store().write(async (transaction) => {
        await transaction.reviseMessage(room, "o1", { text: "new" });
        await transaction.reviseMessage(room, "o2", { text: "newer" });
        await transaction.reviseMessage(room, "1", { text: "put into their mouth" });
        await transaction.reviseMessage(room, "nowhere", { text: "x" });
        await transaction.reviseMessage("test/other", "o1", { text: "x" });
      });
      const history = await store().history(room, { session: 1, afterSeq: 0, limit: 10, hasPins: false });
      expect(history.map(({ message }) => message.content)).toEqual([
        [{ type: "text", text: "new" }],
        [thought, { type: "text", text: "newer" }],
        [{ type: "text", text: "say 1" }],
      ]);
      expect((await recent()).find(({ ours }) => ours !== undefined)?.text).toBe("new");
      const seen = await store().transcript("test").read("room", { limit: 10 });
      expect(seen.map(({ text }) => text)).toEqual(["new", "newer", "say 1"]);
      expect((await store().searchMessages(room, "newer", 5)).map(({ text }) => text)).toEqual(["newer"]);
    });
  });

  describe("people", () => {
    it("are found by words of their name or id, whatever their case", async () => {
      const name = fc.string({
        unit: fc.constantFrom("a", "B", "ä", "Ö", "é", "%", "_", "'", " ", "ß", "İ"),
        maxLength: 6,
      });
      const people = fc.uniqueArray(fc.record({ name, number: fc.nat({ max: 30 }) }), {
        selector: ({ number }) => number,
        maxLength: 8,
      });
      let round = 0;
      const property = fc.asyncProperty(people, name, async (drawn, words) => {
        const channel = `c${(round += 1)}`;
        const records = drawn.map((one): PersonRecord => ({
          id: `${channel}:${one.number}`,
          name: one.name,
          role: "member",
        }));
        await store().write(async (transaction) => {
          for (const record of records) await transaction.savePerson(record);
        });
        const wanted = `${words} ${channel}:`.toLowerCase().split(/\s+/).filter(Boolean);
        const expected = records.filter((one) =>
          wanted.every((word) => `${one.name} ${one.id}`.toLowerCase().includes(word)),
        );
        const found = await store().searchPeople(`${words} ${channel}:`, 20);
        expect(found.map(({ id }) => id).toSorted()).toEqual(expected.map(({ id }) => id).toSorted());
      });
      await fc.assert(property, { numRuns: propertyRuns });
    });

    it("come by name, with their role, as many as are asked for; nobody for no words", async () => {
      await store().write(async (transaction) => {
        await transaction.savePerson({ id: "test:3", name: "Grace", role: "guest" });
        await transaction.savePerson({ id: "test:1", name: "Ada", role: "admin" });
        await transaction.savePerson({ id: "other:2", name: "Ada", role: "blocked" });
      });
      expect(await store().searchPeople("ADA", 5)).toEqual([
        { id: "other:2", name: "Ada", role: "blocked" },
        { id: "test:1", name: "Ada", role: "admin" },
      ]);
      expect(await store().searchPeople("test: g", 5)).toEqual([{ id: "test:3", name: "Grace", role: "guest" }]);
      expect(await store().searchPeople("a", 1)).toHaveLength(1);
      expect(await store().searchPeople(" ", 5)).toEqual([]);
    });
  });
}
