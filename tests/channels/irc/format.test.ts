import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatLines, maxTextBytes } from "../../../channels/irc/format.ts";
import { splitLine } from "../../../channels/irc/lines.ts";
import { createPace } from "../../../channels/irc/pace.ts";
import { pickNick } from "../../../channels/irc/nick.ts";
import type { OutboundMessage } from "../../../src/core/message.ts";

const limits = { maxBytes: 350, maxLines: 100 };

function outbound(text: string, more: Partial<OutboundMessage> = {}): OutboundMessage {
  return { id: "o1", address: { channel: "irc", chat: "#ops" }, text, attachments: [], ...more };
}

const visible = (text: string): string => text.replaceAll(/[\s\p{Cc}]/gu, "");

describe("formatting for IRC", () => {
  it("shows formats as codes, fences and lists as lines", () => {
    const text =
      "# Title\n\n**bold** and *it* and `code` [site](https://example.org)\n\n- a\n- b\n\n```js\nlet x = 1;\n\n  x += 1;\n```";
    expect(formatLines(outbound(text), "parlance", limits)).toEqual([
      "\x02Title\x02",
      "\x02bold\x02 and \x1dit\x1d and \x11code\x11 site (https://example.org)",
      "• a",
      "• b",
      "let x = 1;",
      "  x += 1;",
    ]);
  });

  it("numbers choices and says what to write, names files", () => {
    const choices = [
      { label: "Yes", command: "/approve 3f9a" },
      { label: "No", command: "/deny 3f9a" },
    ];
    const attachments = [{ kind: "file" as const, name: "a.pdf", mimeType: "application/pdf", bytes: 1, path: "x" }];
    expect(formatLines(outbound("Run it?", { choices, attachments }), "parlance", limits)).toEqual([
      "Run it?",
      '1. Yes: write "parlance: /approve 3f9a"',
      '2. No: write "parlance: /deny 3f9a"',
      '(The file "a.pdf" cannot be sent over IRC.)',
    ]);
  });

  it("lets nobody forge a line, a CTCP request or a colour", () => {
    const lines = formatLines(outbound("hi\r\nQUIT :x\0\x01VERSION\x01\x0304red \x85 \u2028"), "parlance", limits);
    expect(lines[0]).toBe("hi");
    expect(lines.join("")).not.toMatch(/\p{Cc}/u);
  });

  it("says when it cuts", () => {
    const lines = formatLines(outbound(Array.from({ length: 30 }, (_, index) => `- ${index}`).join("\n")), "parlance", {
      maxBytes: 350,
      maxLines: 10,
    });
    expect(lines.length).toBe(10);
    expect(lines.at(-1)).toBe("(cut here: 21 more lines)");
  });

  it("fits a line of 512 bytes together with the longest prefix", () => {
    for (const target of ["#a", `#${"x".repeat(49)}`, "ada"]) {
      const prefix = `:${"n".repeat(30)}!~${"u".repeat(10)}@${"h".repeat(63)} PRIVMSG ${target} :`;
      expect(prefix.length + maxTextBytes(target) + 2).toBeLessThanOrEqual(512);
    }
  });

  it("keeps a format over a cut", () => {
    expect(splitLine(`\x02${"word ".repeat(5)}\x02end`, 16)).toEqual(["\x02word word word", "\x02word word \x02end"]);
  });

  it("splits within the bytes and loses no visible character, whatever the script", () => {
    const words = fc.array(
      fc.oneof(
        fc.string({ unit: "grapheme" }),
        fc.constantFrom("\x02", "\x1d", "👩‍👩‍👧‍👦", "ไทย", "日本語", "e\u0301".repeat(40)),
        fc.string({ minLength: 40, maxLength: 80 }),
      ),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(words, fc.integer({ min: 16, max: 350 }), (parts, maxBytes) => {
        const line = parts
          .join(" ")
          .replaceAll(/[\r\n]/g, "")
          .toWellFormed();
        const pieces = splitLine(line, maxBytes);
        for (const piece of pieces) {
          expect(Buffer.byteLength(piece)).toBeLessThanOrEqual(maxBytes);
          expect(piece.isWellFormed()).toBe(true);
        }
        expect(visible(pieces.join(""))).toBe(visible(line));
      }),
    );
  });

  it("formats any message into lines that fit, the same ones each time", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 2000 }), (text) => {
        const lines = formatLines(outbound(text), "parlance", limits);
        for (const line of lines) {
          expect(Buffer.byteLength(line)).toBeLessThanOrEqual(350);
          for (const forbidden of ["\r", "\n", "\0", "\x01"]) expect(line).not.toContain(forbidden);
        }
        expect(formatLines(outbound(text), "parlance", limits)).toEqual(lines);
      }),
    );
  });
});

describe("pace", () => {
  it("lets a burst through and then so many per second", async () => {
    let clock = 1_000;
    const waits: number[] = [];
    const pace = createPace({
      burst: 3,
      perSecond: 2,
      now: () => clock,
      sleep: async (ms) => void ((clock += ms), waits.push(ms)),
    });
    const { signal } = new AbortController();
    for (let count = 0; count < 6; count += 1) await pace.take(signal);
    expect(waits).toEqual([500, 500, 500]);
    clock += 60_000;
    for (let count = 0; count < 3; count += 1) await pace.take(signal);
    expect(waits.length).toBe(3);
  });
});

describe("nicks", () => {
  it("takes another, and keeps within nine characters where the first is refused", () => {
    expect(pickNick("parlance", 1, () => 0)).toBe("parlance_");
    expect(pickNick("parlance", 2, () => 0.0421)).toBe("parlan042");
  });
});
