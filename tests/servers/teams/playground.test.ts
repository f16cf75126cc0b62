import { beforeAll, describe, expect, it } from "vitest";
import { findMissing, talkInPlayground, type Sight } from "./start.ts";

describe("Teams through the Microsoft 365 Agents Playground", () => {
  let sights: ReadonlyMap<string, Sight>;
  beforeAll(async () => {
    const missing = findMissing();
    if (missing !== undefined) throw new Error(missing);
    sights = await talkInPlayground();
  });
  const sight = (step: string): Sight => {
    const found = sights.get(step);
    if (found === undefined) throw new Error(`There was no step ${step}.`);
    return found;
  };

  it("hears what people write", () => {
    expect(sight("heard")).toMatchObject({
      health: { state: "up" },
      heard: {
        text: "hello there",
        kind: "message",
        isAddressed: true,
        isGroup: false,
        sender: { id: "teams:user-id-0", name: "Alex Wilber", isBot: false },
      },
    });
  });

  it("shows markdown as it was meant", () => {
    const { table, fence, plain, ...rest } = sight("markdown") as Record<"table" | "fence" | "plain", string>;
    expect(rest).toEqual({
      bold: true,
      slanted: true,
      code: true,
      items: ["one", "two"],
      link: "https://example.org/path",
    });
    expect(table.trim().split("\n")).toEqual(["Host | Load", "-----+-----", "web1 | 0.7"]);
    expect(fence).toContain("ls -l\n  indented");
    expect(plain).toContain("<b>no tag</b>, snake_case, 2 * 3");
  });

  it("takes a press on a card for the presser's command", () => {
    const { press, heard } = sight("pressed") as Record<"press" | "heard", Record<string, unknown>>;
    expect(press).toMatchObject({ kind: "command", text: "/deny 3f9a", isAddressed: true });
    expect(press["sender"]).toEqual(heard["sender"]);
    expect(press["address"]).toEqual(heard["address"]);
    expect(press["replyToId"]).toBeTruthy();
  });

  it("edits what it said, and tells what is gone", () => {
    expect(sight("edited")).toEqual({ old: 0, now: 1 });
    expect(sight("gone")).toEqual({ code: "not-found" });
  });

  it("is called by its name in a group, and answers there", () => {
    const { heard } = sight("group") as { heard: { address: object } };
    expect(heard).toMatchObject({ text: "are you in the group", isAddressed: true, isGroup: true });
    expect(heard.address).not.toHaveProperty("thread");
  });

  it("answers in the thread of a channel", () => {
    const { heard } = sight("channel") as { heard: { address: { thread?: string } } };
    expect(heard).toMatchObject({ text: "are you in the channel", isAddressed: true, isGroup: true });
    expect(heard.address.thread).toMatch(/^\d+$/);
  });

  it("writes first to somebody", () => {
    expect(sight("direct")).toMatchObject({ direct: { channel: "teams", chat: expect.any(String) as string } });
  });

  it("is glad about everything that the Playground sends", () => {
    const { statuses } = sight("end") as { statuses: number[] };
    expect(statuses.length).toBeGreaterThanOrEqual(6);
    expect(new Set(statuses)).toEqual(new Set([200]));
  });
});
