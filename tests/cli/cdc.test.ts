import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createHome, type Home } from "./program.ts";

let home: Home;
beforeAll(async () => {
  // No configuration that could be read: the command needs none.
  home = await createHome("channels: [this, is, no, configuration");
});
afterAll(() => home.remove());

const parse = (out: string) =>
  out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe("parlance cdc classify", () => {
  it("answers each line, and goes on behind a bad one", async () => {
    const lines = [
      '{"text": "Could you send it by Friday?", "channel": "email"}',
      "no JSON",
      '{"text": 7}',
      "",
      '["text"]',
      '{"text": "Ben, kommst du?", "isGroup": true, "isAddressed": false, "sender": "Anna", "channel": "signal"}',
      '{"text": "hello", "isGroup": "yes"}',
      '{"text": "Thanks!"}',
    ];
    const { status, out, err } = await home.run(
      ["cdc", "classify", "--json", "--now", "2026-02-25T09:00:00Z", "--time-zone", "Europe/Berlin"],
      lines.join("\n"),
    );
    expect([status, err]).toEqual([0, ""]);
    const answers = parse(out);
    expect(answers).toHaveLength(7);
    expect(answers[0]).toMatchObject({
      kind: "request",
      asks: true,
      addressee: "me",
      priority: "normal",
      deadline: { date: "2026-02-27", words: "by Friday" },
    });
    expect(answers[0]?.["confidence"]).toBeGreaterThan(0.5);
    expect(answers[1]).toMatchObject({ line: 2, error: expect.stringContaining("JSON") });
    expect(answers[2]).toMatchObject({ line: 3, error: expect.stringContaining("text") });
    expect(answers[3]).toMatchObject({ line: 5 });
    expect(answers[4]).toMatchObject({ asks: false, addressee: { name: "Ben" } });
    expect(answers[5]).toMatchObject({ line: 7, error: expect.stringContaining("isGroup") });
    expect(answers[6]).toMatchObject({ kind: "thanks", asks: false });
    for (const answer of answers.filter((one) => !("error" in one)))
      expect(Object.keys(answer).filter((key) => key !== "deadline")).toEqual([
        "kind",
        "asks",
        "priority",
        "addressee",
        "confidence",
        "reasons",
      ]);
  });

  it("says it in words without --json", async () => {
    const { out } = await home.run(["cdc", "classify"], '{"text": "Urgent: can you call me?"}\nx\n');
    expect(out).toContain("request, asks something of you, urgent, for you");
    expect(out).toContain("line 2: ");
  });

  it.each([[[]], [["classify", "--now", "soon"]], [["classify", "--time-zone", "Mars/Base"]], [["judge"]]])(
    "refuses %j",
    async (args) => {
      const { status, err } = await home.run(["cdc", ...args]);
      expect(status).toBe(2);
      expect(err).toContain("uch as: ");
    },
  );
});
