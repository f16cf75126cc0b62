import { describe, expect, it } from "vitest";
import { silentLogger } from "../../../src/core/log.ts";
import { createCatchUp, type History } from "../../../channels/imessage/catch-up.ts";
import { createTestDisk } from "../../doubles/channel-context.ts";

/** Rows 1 to `last`, of which some are not there any more. */
function createHistory(last: number, isGone: (row: number) => boolean = () => false): History & { asked: number } {
  const history = {
    asked: 0,
    // Not the last one: a message that came in late has an older time.
    rowAbove: async (row: number) => (row >= last ? undefined : Math.min(last, Math.max(row + 1, last - 3))),
    rows: async (from: number, to: number) => {
      history.asked += 1;
      return Array.from({ length: to - from }, (_, index) => from + index + 1)
        .filter((row) => !isGone(row))
        .map((row) => ({ originalROWID: row, guid: `g${row}`, chats: [{ guid: "any;-;x" }] }));
    },
  };
  return history;
}

describe("catching up", () => {
  it("reads all rows once, over gaps, and none that were there at the first start", async () => {
    const { state } = createTestDisk();
    const context = { state, log: silentLogger };
    const seen: number[] = [];
    const handle = async ({ originalROWID }: { originalROWID: number }): Promise<void> => void seen.push(originalROWID);
    const signal = new AbortController().signal;
    await createCatchUp(createHistory(100), context).run(handle, signal);
    expect(seen).toEqual([]);
    await createCatchUp(
      createHistory(3_000, (row) => row > 700 && row < 2_500),
      context,
    ).run(handle, signal);
    expect(seen[0]).toBe(101);
    expect(seen).toHaveLength(600 + 501);
    await createCatchUp(createHistory(3_000), context).run(handle, signal);
    expect(seen).toHaveLength(1_101);
  });

  it("reads no more than a bounded past", async () => {
    const { state } = createTestDisk();
    await state.set("row", "10");
    let first = 0;
    let count = 0;
    const history = createHistory(1_000_000);
    await createCatchUp(history, { state, log: silentLogger }).run(async ({ originalROWID }) => {
      first ||= originalROWID;
      count += 1;
    }, new AbortController().signal);
    expect([first, count]).toEqual([980_001, 20_000]);
    expect(history.asked).toBeLessThan(50);
  });
});
