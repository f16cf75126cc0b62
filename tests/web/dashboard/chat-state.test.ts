import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ServerFrame, WireEntry } from "../../../channels/webchat/protocol.ts";
import {
  applyFrame,
  emptyState,
  isUnread,
  mergeEntries,
  selectChat,
  type ChatState,
} from "../../../src/web/dashboard/chat/chat-state.ts";

const chat = "a";
const opened: ChatState = selectChat({ ...emptyState, connection: "open" }, chat);

function entry(id: string, at: number, more: Partial<WireEntry> = {}): WireEntry {
  return { id, direction: "out", senderName: "", text: id, attachments: [], at, ...more };
}

function snapshot(
  entries: readonly WireEntry[],
  more: Partial<Extract<ServerFrame, { type: "snapshot" }>> = {},
): ServerFrame {
  return { type: "snapshot", chat, entries, isWorking: false, hasEarlier: false, ...more };
}

const ids = ({ entries }: ChatState): readonly string[] => entries.map(({ id }) => id);

describe("entries", () => {
  it("are kept once by id, in order of time, whatever comes twice or late", () => {
    const known = fc.array(fc.record({ id: fc.constantFrom("a", "b", "c", "d", "e"), at: fc.nat(20) }));
    fc.assert(
      fc.property(fc.array(known), (batches) => {
        const merged = batches.reduce<readonly WireEntry[]>(
          (all, batch) =>
            mergeEntries(
              all,
              batch.map(({ id, at }) => entry(id, at)),
            ),
          [],
        );
        expect(new Set(merged.map(({ id }) => id)).size).toBe(merged.length);
        expect(merged.map(({ at }) => at)).toEqual(merged.map(({ at }) => at).toSorted((a, b) => a - b));
        expect(new Set(merged.map(({ id }) => id))).toEqual(new Set(batches.flat().map(({ id }) => id)));
      }),
    );
  });

  it("that came live before the snapshot are kept", () => {
    const live = applyFrame(opened, { type: "entry", chat, entry: entry("new", 9) });
    expect(ids(applyFrame(live, snapshot([entry("old", 1)])))).toEqual(["old", "new"]);
  });

  it("from before a long absence leave no gap", () => {
    const before = applyFrame(opened, snapshot([entry("a", 1), entry("b", 2)]));
    expect(ids(applyFrame(before, snapshot([entry("b", 2), entry("c", 3)])))).toEqual(["a", "b", "c"]);
    const after = applyFrame(before, snapshot([entry("y", 8), entry("z", 9)], { hasEarlier: true }));
    expect(ids(after)).toEqual(["y", "z"]);
    expect(after.hasEarlier).toBe(true);
  });

  it("replace a pending message and the preview of the same id", () => {
    const pending = [{ id: "m", chat, text: "hi", attachments: [], at: 1 }];
    const state = { ...opened, pending, preview: { id: "p", text: "so f" } };
    const said = applyFrame(state, {
      type: "entry",
      chat,
      entry: entry("m", 1, { direction: "in" }),
    });
    expect(said.pending).toEqual([]);
    expect(said.preview?.id).toBe("p");
    const answered = applyFrame(said, { type: "entry", chat, entry: entry("p", 2) });
    expect(answered.preview).toBeUndefined();
    expect(applyFrame(answered, { type: "preview", chat, id: "p", from: 0, text: "late" }).preview).toBeUndefined();
  });

  it("leave no half-written answer behind when nobody is at work any more", () => {
    const state = { ...opened, isWorking: true, preview: { id: "p", text: "so f" } };
    const stopped = applyFrame(state, { type: "entry", chat, entry: entry("stopped", 1) });
    expect(stopped.preview?.id).toBe("p");
    expect(applyFrame(stopped, { type: "typing", chat, on: true }).preview?.id).toBe("p");
    expect(applyFrame(stopped, { type: "typing", chat, on: false }).preview).toBeUndefined();
  });

  it("of other chats change nothing", () => {
    for (const frame of [
      { type: "entry", chat: "b", entry: entry("x", 1) },
      { type: "typing", chat: "b", on: true },
      { type: "preview", chat: "b", id: "x", from: 0, text: "t" },
    ] satisfies ServerFrame[])
      expect(applyFrame(opened, frame)).toBe(opened);
  });
});

describe("pending messages", () => {
  const state = { ...opened, pending: [{ id: "m", chat, text: "hi", attachments: [], at: 1 }] };

  it("go when they are acknowledged, also as doubles", () => {
    for (const outcome of ["accepted", "duplicate", "ignored"] as const)
      expect(applyFrame(state, { type: "ack", id: "m", outcome }).pending).toEqual([]);
  });

  it("stay with the reason when they are refused, and without one when trying again may help", () => {
    expect(applyFrame(state, { type: "ack", id: "m", outcome: "refused" }).pending[0]?.problem).toBeTruthy();
    expect(
      applyFrame(state, { type: "error", id: "m", message: "Too long.", isRetryable: false }).pending[0]?.problem,
    ).toBe("Too long.");
    expect(
      applyFrame(state, { type: "error", id: "m", message: "Later.", isRetryable: true }).pending[0]?.problem,
    ).toBeUndefined();
  });
});

describe("unread chats", () => {
  it("are those that changed since the page has known them, but for the open one", () => {
    const list = (at: number): ServerFrame => ({
      type: "chats",
      list: [
        { chat: "a", title: "", updatedAt: at },
        { chat: "b", title: "", updatedAt: at },
      ],
    });
    const unread = (state: ChatState): readonly string[] =>
      (state.chats ?? []).filter((item) => isUnread(state, item)).map((item) => item.chat);
    const first = applyFrame(opened, list(1));
    expect(unread(first)).toEqual([]);
    const second = applyFrame(first, list(2));
    expect(unread(second)).toEqual(["b"]);
    expect(unread(selectChat(second, "b"))).toEqual([]);
  });
});
