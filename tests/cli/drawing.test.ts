import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLiveText } from "../../src/cli/chat/live-text.ts";
import { completeCommand, guessCommand } from "../../src/cli/chat/complete.ts";
import { formatEntry, formatText } from "../../src/cli/chat/message-lines.ts";
import { formatLogLine } from "../../src/cli/readable-log.ts";
import { widthOf, wrapLine } from "../../src/cli/text-width.ts";
import { createScreen } from "./screen.ts";

describe("lines of a terminal", () => {
  it("are never wider than asked for and lose no character", () => {
    const words = fc.array(fc.constantFrom("a", "word", "日本語", "👩‍👩‍👧", "é", "verylongwordindeed", ""), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(words, fc.integer({ min: 4, max: 40 }), fc.integer({ min: 0, max: 3 }), (list, columns, hang) => {
        const text = list.join(" ");
        const lines = wrapLine(text, columns, hang);
        for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns);
        const letters = (shown: string): string => shown.replaceAll(" ", "");
        expect(letters(lines.join(""))).toBe(letters(text));
      }),
    );
  });

  it("count wide characters twice and marks not at all", () => {
    expect(["abc", "日本", "e\u0301", "🎉", "\u001b[31mred\u001b[39m"].map(widthOf)).toEqual([3, 4, 1, 2, 3]);
  });
});

describe("live text", () => {
  it("shows what was said last, whatever was drawn before", () => {
    const line = fc.constantFrom("", "one", "two", "three");
    const frames = fc.array(fc.array(line, { maxLength: 6 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(frames, (updates) => {
        const screen = createScreen(20, 10);
        screen.write("before\n");
        const live = createLiveText(screen);
        for (const lines of updates) live.update(lines);
        live.finish(["the end"]);
        screen.write("after\n");
        expect(screen.lines()).toEqual(["before", "the end", "after"]);
      }),
    );
  });

  it("keeps what has scrolled out when the text grows beyond the terminal", () => {
    const screen = createScreen(20, 5);
    const live = createLiveText(screen);
    const all = Array.from({ length: 12 }, (_, index) => `line ${index}`);
    for (let count = 1; count <= all.length; count += 1) live.update([...all.slice(0, count), "…"]);
    live.finish(all);
    expect(screen.lines()).toEqual(all);
  });

  it("changes only what the terminal still shows", () => {
    const screen = createScreen(20, 5);
    const live = createLiveText(screen);
    live.update(["a", "b", "c", "d", "e", "f"]);
    live.finish(["A", "B", "C", "D", "E", "F"]);
    expect(screen.lines()).toEqual(["a", "b", "C", "D", "E", "F"]);
  });
});

describe("messages", () => {
  it("let no control character through", () => {
    const lines = formatText("a\u001b]0;title\u0007b\u202ec", 80);
    expect(lines).toEqual(["a⟨U+001B⟩]0;title⟨U+0007⟩b⟨U+202E⟩c"]);
  });

  it("show lists, files and what can be answered", () => {
    const entry = {
      id: "m1",
      direction: "out",
      senderName: "Parlance",
      text: "- **one** two three four\n",
      attachments: [{ id: "f1", kind: "file", name: "log.txt", mimeType: "text/plain", bytes: 1500 }],
      choices: [{ label: "Approve", command: "/approve 3f9a" }],
      at: 0,
    } as const;
    expect(formatEntry(entry, 14, "http://x/files")).toEqual([
      "• one two",
      "  three four",
      "[file] log.txt",
      "(1.5 kB)",
      "http://x/files",
      "/f1",
      "  Approve:",
      "  /approve",
      "  3f9a",
    ]);
  });

  it("complete and guess commands", () => {
    expect(completeCommand("/sta", [])).toEqual([["/status "], "/sta"]);
    expect(completeCommand("/approve 3", ["/approve 3f9a", "/deny 3f9a"])).toEqual([["/approve 3f9a"], "/approve 3"]);
    expect(completeCommand("hello /sta", [])[0]).toEqual([]);
    expect(["/stats", "/exti", "/status", "/frobnicate", "stats"].map(guessCommand)).toEqual([
      "status",
      "exit",
      undefined,
      undefined,
      undefined,
    ]);
  });
});

it("log lines are put in words for people", () => {
  const line = JSON.stringify({
    level: "warn",
    time: "2026-03-01T12:00:05Z",
    msg: "A chore failed.",
    chore: "sweep",
    at: { a: 1 },
  });
  expect(formatLogLine(line)).toMatch(/^\d\d:\d\d:05 {2}A chore failed\. {2}chore=sweep at=\{"a":1\}$/);
  expect(formatLogLine("not JSON\n")).toBe("not JSON");
});
