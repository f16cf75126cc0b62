import { beforeEach, describe, expect, it } from "vitest";
import type { MemoryScope, NewMemory } from "../../src/core/memory.ts";
import type { StoreScene } from "../contracts/store.ts";
import { inbound, kept, room } from "./mail.ts";

const hourMs = 3_600_000;

/** What is remembered: changes in order, neighbours, scopes, forgetting, and what becomes of messages. */
export function describeMemories(scene: StoreScene): void {
  const { store } = scene;
  const memories = () => store().memories;
  let now = 0;
  beforeEach(() => void (now = scene.clock.now()));

  const note = (id: string, extra: Partial<NewMemory> = {}): NewMemory => ({
    id,
    layer: "assets",
    scope: "team",
    source: "notes",
    speaker: "Ada",
    text: `text of ${id}`,
    at: now + Number(/\d+/.exec(id)?.[0] ?? 0),
    importance: 0.5,
    isPinned: false,
    isOutside: false,
    ...extra,
  });
  const put = (...records: NewMemory[]) => store().write((transaction) => transaction.putMemories(records));
  const forget = (ids: readonly string[], scopes: readonly MemoryScope[] | "all" = "all") =>
    store().write((transaction) => transaction.forgetMemories(ids, scopes));
  const load = (ids: readonly string[], scopes: readonly MemoryScope[] | "all", at = now) =>
    memories().load(ids, { scopes, now: at, before: 3, after: 2 });
  const changedIds = async (after: number) => (await memories().changes(after, 1_000, 3)).map(({ id }) => id);

  describe("memory", () => {
    it("tells each change once, in order, with what stands before it in its scope and source", async () => {
      expect(await memories().lastChange()).toBe(0);
      await put(
        note("n1"),
        note("n3"),
        note("other2", { source: "elsewhere" }),
        note("hidden2", { scope: "person:x" }),
      );
      await put(note("n4"));
      const changes = await memories().changes(0, 2, 3);
      const more = await memories().changes(changes.at(-1)?.changeSeq ?? 0, 1_000, 3);
      const all = [...changes, ...more];
      expect(all.map(({ id }) => id)).toEqual(["n1", "n3", "other2", "hidden2", "n4"]);
      expect(all.flatMap((change) => (change.isGone ? [] : [change.before.map(({ id }) => id)]))).toEqual([
        [],
        ["n1"],
        [],
        [],
        ["n1", "n3"],
      ]);
      expect(all.at(-1)?.changeSeq).toBeLessThanOrEqual(await memories().lastChange());
    });

    it("takes the same again for no change, and another text for one", async () => {
      await put(note("n1"), note("n2"));
      const before = (await memories().changes(0, 10, 0)).at(-1)?.changeSeq ?? 0;
      await put(note("n1"), note("n2"));
      expect(await changedIds(before)).toEqual([]);
      await put(note("n2", { text: "another" }));
      expect(await changedIds(before)).toEqual(["n2"]);
      expect((await load(["n2"], "all"))[0]?.record.text).toBe("another");
    });

    it("changes what follows a record that comes between, changes or goes", async () => {
      await put(note("n1"), note("n3"), note("n4"), note("n5"), note("n6"), note("n7"));
      const cursor = async () => (await memories().changes(0, 1_000, 0)).at(-1)?.changeSeq ?? 0;
      let last = await cursor();
      await put(note("n2"));
      expect((await changedIds(last)).toSorted()).toEqual(["n2", "n3", "n4", "n5"]);
      last = await cursor();
      await forget(["n5"]);
      expect((await changedIds(last)).toSorted()).toEqual(["n5", "n6", "n7"]);
      last = await cursor();
      await put(note("n3", { scope: "person:x" }));
      expect((await changedIds(last)).toSorted()).toEqual(["n3", "n4", "n6", "n7"]);
    });

    it("gives all that changed together in one page", async () => {
      const ids = Array.from({ length: 30 }, (_, index) => `n${index}`);
      await put(...ids.map((id) => note(id, { source: id })));
      const last = (await memories().changes(0, 1_000, 0)).at(-1)?.changeSeq ?? 0;
      await forget(ids);
      const page = await memories().changes(last, 10, 0);
      expect(page.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
      expect(page.every(({ isGone }) => isGone)).toBe(true);
    });

    it("loads within the scopes only, neighbours included, and nothing that expired unless it is pinned", async () => {
      await put(
        note("n1"),
        note("n2", { scope: "person:x" }),
        note("n3", { expiresAt: now + hourMs }),
        note("n4", { expiresAt: now + hourMs, isPinned: true }),
        note("n5"),
      );
      const ids = ["n1", "n2", "n3", "n4", "n5"];
      const found = async (scopes: readonly MemoryScope[], at = now) =>
        (await load(ids, scopes, at)).map(({ record }) => record.id).toSorted();
      expect(await found(["team"])).toEqual(["n1", "n3", "n4", "n5"]);
      expect(await found(["person:x"])).toEqual(["n2"]);
      expect(await found(["person:y", "conversation:n2"])).toEqual([]);
      expect(await found(["team"], now + hourMs)).toEqual(["n1", "n4", "n5"]);
      const [last] = await load(["n4"], ["team"], now + hourMs);
      expect(last?.before.map(({ id }) => id)).toEqual(["n1"]);
      expect(last?.after.map(({ id }) => id)).toEqual(["n5"]);
    });

    it("takes the text of what is forgotten away, within the scopes it may", async () => {
      await put(note("n1"), note("n2"));
      expect(await forget(["n1"], ["person:x"])).toEqual([]);
      expect(await forget(["n1", "none"], ["team"])).toEqual(["n1"]);
      expect(await forget(["n1"], ["team"])).toEqual([]);
      expect(await load(["n1", "n2"], "all")).toHaveLength(1);
      expect((await load(["n2"], "all"))[0]?.before).toEqual([]);
      const rows = await store().database.read<{ text: string }>({
        sql: "select text from memory where id = 'n1'",
        parameters: [],
      });
      expect(rows).toEqual([{ text: "" }]);
      expect(await memories().counts()).toMatchObject({ byLayer: { assets: 1 }, forgotten: 1 });
    });

    it("numbers changes of several processes so that none appears behind one that was read", async () => {
      const other = await scene.another();
      const seen = new Set<string>();
      let cursor = 0;
      const read = async () => {
        for (const change of await memories().changes(cursor, 1_000, 0)) {
          seen.add(change.id);
          cursor = change.changeSeq;
        }
      };
      const writes = Array.from({ length: 40 }, (_, index) =>
        (index % 2 === 0 ? store() : other).write((transaction) =>
          transaction.putMemories([note(`w${index}`, { source: `s${index}` })]),
        ),
      );
      const reads = Array.from({ length: 40 }, read);
      await Promise.all([...writes, ...reads]);
      await read();
      expect(seen.size).toBe(40);
    });

    it("keeps pins and accesses", async () => {
      await put(note("n1"), note("n2"));
      const pin = (scopes: readonly MemoryScope[]) =>
        store().write((transaction) => transaction.pinMemory("n1", true, scopes));
      expect(await pin(["person:x"])).toBe(false);
      expect(await pin(["team"])).toBe(true);
      const pinned = await memories().newest(["team"], { now, limit: 10, isPinned: true });
      expect(pinned.map(({ id }) => id)).toEqual(["n1"]);
      await memories().addAccesses(new Map([["n2", { count: 3, lastAt: now + 5 }]]));
      await memories().addAccesses(new Map([["n2", { count: 1, lastAt: now + 9 }]]));
      expect((await load(["n2"], "all"))[0]?.record).toMatchObject({ accessCount: 4, lastAccessAt: now + 9 });
    });

    it("lets what was recalled again rise, and what nobody recalled go", async () => {
      const said = (id: string, extra = {}) => note(id, { layer: "interact", expiresAt: now + 24 * hourMs, ...extra });
      await put(said("n1"), said("n2"), said("n3", { importance: 0.9 }), said("n4", { isPinned: true }));
      await memories().addAccesses(new Map([["n1", { count: 2, lastAt: now }]]));
      expect(await memories().promote(now)).toBe(2);
      expect(await memories().vacuum(now + 25 * hourMs)).toBe(1);
      const left = await load(["n1", "n2", "n3", "n4"], "all", now + 25 * hourMs);
      expect(left.map(({ record }) => `${record.id} ${record.layer}`).toSorted()).toEqual([
        "n1 insights",
        "n3 insights",
        "n4 interact",
      ]);
      expect(await memories().vacuum(now + 91 * 24 * hourMs)).toBe(2);
    });
  });

  describe("memory of what was said", () => {
    const said = (id: string, extra: object = {}) =>
      kept(id, { shown: inbound(id, extra), at: now, conversation: room });
    const take = () => memories().takeMessages(scene.clock.now(), 100);
    const all = () => memories().newest("all", { now: scene.clock.now(), limit: 100 });

    it("is the person's in a direct chat and the conversation's in a group", async () => {
      await store().write((transaction) =>
        transaction.addMessages([said("1", { isGroup: false }), said("2", { isGroup: true })]),
      );
      await take();
      expect((await all()).map(({ scope }) => scope).toSorted()).toEqual([
        `conversation:${room}`,
        `person:${inbound("1").sender.id}`,
      ]);
    });

    it("is taken once, whatever the number of times, and also what appears later", async () => {
      await store().write((transaction) => transaction.addMessages([said("1")]));
      await take();
      await take();
      scene.clock.advance(31_000);
      await take();
      await take();
      await store().write((transaction) => transaction.addMessages([said("2")]));
      await take();
      expect(await all()).toHaveLength(2);
      expect(await take()).toBe(1);
    });

    it("follows what is changed or taken back, and stays forgotten", async () => {
      await store().write((transaction) => transaction.addMessages([said("1"), said("2"), said("3")]));
      await take();
      const by = inbound("1").sender.id;
      await store().write(async (transaction) => {
        await transaction.reviseMessage(room, "1", { text: "put right", by });
        await transaction.reviseMessage(room, "2", "gone");
      });
      await forget([`said:${room}:3`]);
      await take();
      expect((await all()).map(({ text }) => text)).toEqual(["put right"]);
    });
  });
}
