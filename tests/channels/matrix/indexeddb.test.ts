import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ChannelState } from "../../../src/core/channel.ts";
import type { Database } from "../../../channels/matrix/indexeddb/database.ts";
import { Factory } from "../../../channels/matrix/indexeddb/factory.ts";
import { openJournal, type Journal } from "../../../channels/matrix/indexeddb/journal.ts";
import { compareKeys, KeyRange, type Key } from "../../../channels/matrix/indexeddb/keys.ts";
import type { CursorWithValue } from "../../../channels/matrix/indexeddb/cursor.ts";
import type { Request } from "../../../channels/matrix/indexeddb/requests.ts";
import type { Transaction } from "../../../channels/matrix/indexeddb/transaction.ts";

/** A store that dies after some writes: later ones never come to be. */
function createDisk(): { state: ChannelState; entries: Map<string, string>; writes: number; diesAfter: number } {
  const disk = {
    entries: new Map<string, string>(),
    writes: 0,
    diesAfter: Number.POSITIVE_INFINITY,
    state: {
      get: async (key: string) => disk.entries.get(key),
      set: async (key: string, value: string) => {
        if (disk.writes >= disk.diesAfter) throw new Error("The disk is gone.");
        disk.writes += 1;
        expect(Buffer.byteLength(value)).toBeLessThanOrEqual(65_536);
        disk.entries.set(key, value);
      },
    },
  };
  return disk;
}

function outcome<T = unknown>(request: Request): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result as T);
    request.onerror = () => reject(request.error ?? new Error("no reason"));
  });
}

function ended(transaction: Transaction): Promise<"complete" | "abort"> {
  return new Promise((resolve) => {
    transaction.oncomplete = () => resolve("complete");
    transaction.onabort = () => resolve("abort");
  });
}

/** A connection to the database, with a store "s" that has an index over `group`. */
async function open(journal: Journal, version = 1, upgrade?: (database: Database) => void): Promise<Database> {
  const factory = new Factory();
  factory.attach("test", (name) => journal.keep(name));
  const request = factory.open("test::keys", version);
  request.onupgradeneeded = () => {
    const database = request.result as Database;
    if (upgrade !== undefined) upgrade(database);
    else database.createObjectStore("s").createIndex("by-group", "group", { unique: false });
  };
  return outcome<Database>(request);
}

async function readAll(database: Database): Promise<unknown> {
  const store = database.transaction("s").objectStore("s");
  const [keys, values] = await Promise.all([outcome(store.getAllKeys()), outcome(store.getAll())]);
  return { keys, values };
}

describe("the database of the crypto library", () => {
  it("keeps copies, in the order of their keys", async () => {
    const database = await open(await openJournal(createDisk().state, "c"));
    const transaction = database.transaction("s", "readwrite");
    const store = transaction.objectStore("s");
    const value = { group: "x", bytes: new Uint8Array([1, 2]) };
    for (const key of ["b", 10, "a", 9, ["a", 1]]) store.put(value, key);
    value.group = "changed afterwards";
    expect(await ended(transaction)).toBe("complete");
    expect(await readAll(database)).toEqual({
      keys: [9, 10, "a", "b", ["a", 1]],
      values: Array.from({ length: 5 }, () => ({ group: "x", bytes: new Uint8Array([1, 2]) })),
    });
  });

  it("finds by range and by index, and counts", async () => {
    const database = await open(await openJournal(createDisk().state, "c"));
    const store = database.transaction("s", "readwrite").objectStore("s");
    for (const [key, group] of [
      ["a", 1],
      ["b", 2],
      ["c", 1],
      ["d", "none"],
    ] as const)
      store.put({ group }, key);
    store.put("no group", "e");
    const index = store.index("by-group");
    const found = await Promise.all([
      outcome(store.getAllKeys(KeyRange.bound("b", "d", true, false))),
      outcome(index.getAllKeys(KeyRange.only(1))),
      outcome(index.count()),
      outcome(store.count(KeyRange.lowerBound("c"))),
      outcome(store.get("nothing")),
      outcome(store.getAllKeys(undefined, 2)),
    ]);
    expect(found).toEqual([["c", "d"], ["a", "c"], 4, 3, undefined, ["a", "b"]]);
  });

  it("walks by cursor, changing what it stands on", async () => {
    const database = await open(await openJournal(createDisk().state, "c"));
    const store = database.transaction("s", "readwrite").objectStore("s");
    for (const key of ["a", "b", "c", "d"]) store.put({ group: key }, key);
    const seen: unknown[] = [];
    await new Promise<void>((resolve) => {
      const request = store.openCursor();
      request.onsuccess = () => {
        const cursor = request.result as CursorWithValue | null;
        if (cursor === null) return resolve();
        seen.push(cursor.key, cursor.value);
        if (cursor.key === "a") store.delete("b");
        if (cursor.key === "c") cursor.update({ group: "new" });
        if (cursor.key === "d") cursor.delete();
        cursor.continue();
      };
    });
    expect(seen).toEqual(["a", { group: "a" }, "c", { group: "c" }, "d", { group: "d" }]);
    expect(await readAll(database)).toEqual({ keys: ["a", "c"], values: [{ group: "a" }, { group: "new" }] });
  });

  it("undoes a transaction of which a part fails, and keeps nothing of it", async () => {
    const disk = createDisk();
    const journal = await openJournal(disk.state, "c");
    const database = await open(journal);
    await ended(put(database, { a: 1 }));
    const transaction = database.transaction("s", "readwrite");
    const store = transaction.objectStore("s");
    store.put({ group: 2 }, "a");
    store.delete("a");
    const failing = outcome(store.add({ group: 3 }, "b")).then(() => outcome(store.add({ group: 4 }, "b")));
    await expect(failing).rejects.toMatchObject({ name: "ConstraintError" });
    expect(await ended(transaction)).toBe("abort");
    expect(await readAll(database)).toEqual({ keys: ["a"], values: [{ group: 1 }] });
    await journal.flush();
    const again = await open(await openJournal(disk.state, "c"));
    expect(await readAll(again)).toEqual({ keys: ["a"], values: [{ group: 1 }] });
  });

  it("runs transactions one after the other", async () => {
    const database = await open(await openJournal(createDisk().state, "c"));
    await ended(put(database, { n: 0 }));
    const increment = async (): Promise<void> => {
      const transaction = database.transaction("s", "readwrite");
      const store = transaction.objectStore("s");
      const { group } = await outcome<{ group: number }>(store.get("n"));
      store.put({ group: group + 1 }, "n");
      await ended(transaction);
    };
    await Promise.all(Array.from({ length: 20 }, increment));
    expect(await readAll(database)).toEqual({ keys: ["n"], values: [{ group: 20 }] });
  });

  it("refuses what a browser would refuse", async () => {
    const database = await open(await openJournal(createDisk().state, "c"));
    expect(() => database.createObjectStore("later")).toThrow(/upgrade/);
    expect(() => database.transaction("unknown")).toThrow(/no object store/);
    const reading = database.transaction("s");
    expect(() => reading.objectStore("s").put({}, "a")).toThrow(/only reads/);
    await ended(reading);
    expect(() => reading.objectStore("s")).toThrow(/ended/);
    expect(() => database.transaction("s", "readwrite").objectStore("s").put({}, undefined)).toThrow(/no key/);
    database.close();
    expect(() => database.transaction("s")).toThrow(/closed/);
  });

  it("goes from version to version, and back to none", async () => {
    const disk = createDisk();
    const journal = await openJournal(disk.state, "c");
    (await open(journal)).close();
    const second = await open(journal, 2, (database) => {
      database.deleteObjectStore("s");
      database.createObjectStore("t");
    });
    expect([...second.objectStoreNames]).toEqual(["t"]);
    await journal.flush();
    const again = await openJournal(disk.state, "c");
    expect((await open(again, 2)).version).toBe(2);
    await expect(open(again, 1)).rejects.toMatchObject({ name: "VersionError" });
  });

  it("orders keys as the standard says", () => {
    const key = fc.letrec<{ key: Key }>((tie) => ({
      key: fc.oneof({ maxDepth: 2 }, fc.integer(), fc.string(), fc.array(tie("key"), { maxLength: 3 })),
    })).key;
    fc.assert(
      fc.property(key, key, key, (a, b, c) => {
        expect(Math.sign(compareKeys(a, b))).toBe(-Math.sign(compareKeys(b, a)) + 0);
        if (compareKeys(a, b) <= 0 && compareKeys(b, c) <= 0) expect(compareKeys(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });
});

function put(database: Database, values: Readonly<Record<string, number>>): Transaction {
  const transaction = database.transaction("s", "readwrite");
  for (const [key, group] of Object.entries(values)) transaction.objectStore("s").put({ group }, key);
  return transaction;
}

describe("its journal", () => {
  it("has after any death what was flushed, and transactions whole or not at all", async () => {
    const change = fc.dictionary(fc.constantFrom("a", "b", "c", "d"), fc.integer({ min: 0, max: 9 }), { minKeys: 1 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 12 }),
        fc.nat({ max: 30 }),
        async (changes, dies) => {
          const disk = createDisk();
          const journal = await openJournal(disk.state, "c");
          const database = await open(journal);
          await journal.flush();
          disk.diesAfter = disk.writes + dies;
          const states: string[] = [JSON.stringify({ keys: [], values: [] })];
          let flushed = 0;
          for (const [index, values] of changes.entries()) {
            await ended(put(database, values));
            states.push(JSON.stringify(await readAll(database)));
            if (index % 2 === 0) {
              const isThere = await journal.flush().then(
                () => true,
                () => false,
              );
              if (isThere) flushed = index + 1;
            }
          }
          disk.diesAfter = Number.POSITIVE_INFINITY;
          const found = JSON.stringify(await readAll(await open(await openJournal(disk.state, "c"))));
          expect(states.slice(flushed)).toContain(found);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("tries again what could not be stored", async () => {
    const disk = createDisk();
    const journal = await openJournal(disk.state, "c");
    const database = await open(journal);
    await ended(put(database, { a: 1 }));
    disk.diesAfter = disk.writes;
    await expect(journal.flush()).rejects.toMatchObject({ code: "store-failed", retryAfterMs: 1_000 });
    disk.diesAfter = Number.POSITIVE_INFINITY;
    await journal.flush();
    expect(await readAll(await open(await openJournal(disk.state, "c")))).toMatchObject({ keys: ["a"] });
  });

  it("cuts large entries, begins anew before it grows without end, and reads nothing of what was before", async () => {
    const disk = createDisk();
    const journal = await openJournal(disk.state, "c");
    const database = await open(journal);
    for (let round = 0; round < 120; round += 1) {
      const transaction = database.transaction("s", "readwrite");
      const store = transaction.objectStore("s");
      store.put({ group: round, text: "x".repeat(round === 60 ? 300_000 : 2_000) }, `k${round % 7}`);
      if (round % 5 === 0) store.delete(`k${(round + 3) % 7}`);
      await ended(transaction);
      await journal.flush();
    }
    expect(disk.entries.size).toBeLessThan(120);
    const before = await readAll(database);
    expect(await readAll(await open(await openJournal(disk.state, "c")))).toEqual(before);
  });

  it("does not hear a process that has been replaced", async () => {
    const disk = createDisk();
    const old = await openJournal(disk.state, "c");
    const stale = await open(old);
    await ended(put(stale, { a: 1 }));
    await old.flush();
    const next = await openJournal(disk.state, "c");
    await ended(put(stale, { a: 666 }));
    await expect(old.flush()).rejects.toMatchObject({ code: "conflict", retryAfterMs: undefined });
    const database = await open(next);
    await ended(put(database, { b: 2 }));
    await next.flush();
    expect(await readAll(await open(await openJournal(disk.state, "c")))).toEqual({
      keys: ["a", "b"],
      values: [{ group: 1 }, { group: 2 }],
    });
  });
});
