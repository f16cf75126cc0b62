import { describe, expect, it } from "vitest";
import { createBoundedList } from "../../../channels/_shared/bounded-list.ts";
import { createTestDisk } from "../../doubles/channel-context.ts";

type Entry = readonly [string, number];

const create = (state: ReturnType<typeof createTestDisk>["state"]) =>
  createBoundedList<Entry>(state, "list", 3, ([key]) => key);

describe("a bounded list", () => {
  it("keeps the last entries, each key once, over a restart", async () => {
    const { state } = createTestDisk();
    const list = create(state);
    for (const entry of [
      ["a", 1],
      ["b", 2],
      ["a", 3],
      ["c", 4],
      ["d", 5],
    ] as const)
      await list.put(entry);
    expect(await list.load()).toEqual([
      ["a", 3],
      ["c", 4],
      ["d", 5],
    ]);
    expect(await create(state).load()).toEqual([
      ["a", 3],
      ["c", 4],
      ["d", 5],
    ]);
  });

  it("takes in what was given out to be stored, and what others stored meanwhile", async () => {
    const { state, entries } = createTestDisk();
    const list = create(state);
    const notes = await list.preparePut(["a", 1]);
    expect(entries.size).toBe(0);
    expect(await list.load()).toEqual([["a", 1]]);
    await create(state).put(["b", 2]);
    expect(await list.preparePut(["c", 3])).toEqual({
      list: JSON.stringify([
        ["b", 2],
        ["a", 1],
        ["c", 3],
      ]),
    });
    await state.set("list", notes["list"] ?? "");
    expect(await list.load()).toEqual([
      ["a", 1],
      ["c", 3],
    ]);
  });
});
