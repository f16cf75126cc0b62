import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { WireEntry } from "../../../channels/webchat/protocol.ts";
import { formatBlocks, formatPlain } from "../../../src/web/dashboard/chat/markdown.ts";
import { layOutRows } from "../../../src/web/dashboard/chat/rows.ts";
import { formatBytes, formatDay } from "../../../src/web/dashboard/chat/time.ts";
import { formatRoute, parseRoute } from "../../../src/web/dashboard/route.ts";
import { parseSession } from "../../../src/web/dashboard/session/session.ts";
import { parseHealth } from "../../../src/web/dashboard/status/health.ts";

describe("markdown", () => {
  it("comes in blocks, so that only the last one changes while it grows", () => {
    const text = "# Title\n\nSome **bold** words.\n\n```ts\nconst a = 1;\n```\n\n| a | b |\n|---|--:|\n| 1 | 2 |";
    const blocks = formatBlocks(text);
    expect(blocks).toHaveLength(4);
    expect(formatBlocks(`${text}\n\nmore`).slice(0, 4)).toEqual(blocks);
    expect(blocks[2]).toContain('<code data-lang="ts">const a = 1;</code>');
    expect(blocks[3]).toContain('<th align="right">b</th>');
  });

  it("shows HTML instead of obeying it", () => {
    const html = formatBlocks('<script>alert(1)</script>\n\nhi <img src=x onerror="alert(1)"> there <br> you').join("");
    expect(html).not.toMatch(/<script|<img/);
    expect(html).toContain("&lt;script&gt;");
    expect(html).toContain("<br>");
  });

  it("asks nothing of other servers, and follows no scripts", () => {
    const html = formatBlocks(
      '![pixel](https://example.org/a.png) [a](javascript:alert(1)) [b](https://example.org/?a="b") [c](data:text/html,x)',
    ).join("");
    expect(html).not.toMatch(/<img|javascript:|data:/);
    expect(html.match(/<a href="https:/g)).toHaveLength(2);
    expect(html).toContain("&quot;b&quot;");
  });

  it("lets no text open a tag or an attribute of its own", () => {
    const nasty = fc
      .array(
        fc.constantFrom(
          "<",
          ">",
          '"',
          "'",
          "&",
          "`",
          "```",
          "[",
          "](",
          ")",
          "!",
          "|",
          "\n",
          "- ",
          "a",
          "<b onclick=x>",
          "javascript:",
        ),
      )
      .map((parts) => parts.join(""));
    const allowed =
      /^<\/?(?:p|br|hr|h[2-6]|strong|em|del|code|pre|blockquote|ul|ol|li|div|span|button|table|thead|tbody|tr|th|td|a|input)(?: (?:class|type|data-lang|tabindex|role|aria-label|align|href|target|rel|start|checked|disabled)(?:="[^"<>]*")?)* ?\/?>$/;
    fc.assert(
      fc.property(nasty, (text) => {
        for (const [tag] of formatBlocks(text)
          .join("")
          .matchAll(/<[^>]*>?/g))
          expect(tag).toMatch(allowed);
      }),
      { numRuns: 1000 },
    );
  });

  it("reads out without its marks, and not for ever", () => {
    expect(formatPlain("## A *title*\n\n- see [this](https://example.org)\n\n```js\ncode()\n```", 100)).toBe(
      "A title see this code()",
    );
    expect(formatPlain("word ".repeat(100), 20)).toHaveLength(20);
  });
});

describe("rows", () => {
  const entry = (id: string, at: number, more: Partial<WireEntry> = {}): WireEntry => ({
    id,
    direction: "out",
    senderName: "",
    text: id,
    attachments: [],
    at,
    ...more,
  });

  it("tell days and close messages apart", () => {
    const noon = new Date(2026, 2, 5, 12).getTime();
    const rows = layOutRows([
      entry("a", noon),
      entry("b", noon + 1000),
      entry("c", noon + 3_600_000),
      entry("d", noon + 86_400_000),
    ]);
    expect(rows.map(({ startsDay, isContinued }) => [startsDay, isContinued])).toEqual([
      [true, false],
      [false, true],
      [false, false],
      [true, false],
    ]);
  });

  it("show which choice was taken, and by which words", () => {
    const choices = [
      { label: "Approve", command: "/approve 1" },
      { label: "Deny", command: "/deny 1" },
    ];
    const [question, press] = layOutRows([
      entry("q", 1, { choices }),
      entry("p", 2, { direction: "in", text: "/deny 1" }),
    ]);
    expect(question?.chosen).toBe("/deny 1");
    expect(press?.pressedLabel).toBe("Deny");
    expect(layOutRows([entry("q", 1, { choices })])[0]?.chosen).toBeUndefined();
  });
});

describe("small formats", () => {
  it("names days as people do", () => {
    const now = new Date(2026, 2, 5, 0, 30).getTime();
    expect(formatDay(now, now)).toBe("Today");
    expect(formatDay(now - 3_600_000, now)).toBe("Yesterday");
    expect(formatDay(new Date(2025, 11, 24).getTime(), now, "en-GB")).toMatch(/24 December 2025/);
  });

  it("rounds sizes", () => {
    expect([0, 1023, 2048, 5_400_000].map(formatBytes)).toEqual(["0 B", "1023 B", "2 KB", "5.1 MB"]);
  });

  it("reads routes back, and leads strangers to the chat", () => {
    for (const route of [
      { page: "status" },
      { page: "chat", chat: undefined },
      { page: "chat", chat: "0b9f3f36-6a5c-4b0e-9d3c-7a4f5b6c7d8e" },
    ] as const) {
      expect(parseRoute(formatRoute(route))).toEqual(route);
    }
    expect(parseRoute("#/nowhere/<script>")).toEqual({ page: "chat", chat: undefined });
  });

  it("takes missing fields of a session as signed out", () => {
    expect(parseSession(null)).toEqual({ signedIn: false, channels: [] });
    expect(
      parseSession({
        signedIn: true,
        channels: [{ name: "web" }],
        model: { id: "fast", isOffline: false },
      }),
    ).toMatchObject({ signedIn: true, model: { id: "fast" } });
  });

  it("reads health in a map or a list, and anything else as nothing", () => {
    expect(
      parseHealth(false, {
        checks: {
          store: { state: "up" },
          irc: { state: "standby", reason: "Held elsewhere." },
          mail: { state: "down", reason: "Refused." },
        },
      }).parts,
    ).toEqual([
      { name: "store", state: "up", reason: "" },
      { name: "irc", state: "standby", reason: "Held elsewhere." },
      { name: "mail", state: "down", reason: "Refused." },
    ]);
    expect(parseHealth(true, { checks: [{ name: "store", ok: true }] }).parts).toEqual([
      { name: "store", state: "up", reason: "" },
    ]);
    fc.assert(fc.property(fc.jsonValue(), (value) => Array.isArray(parseHealth(true, value).parts)));
  });
});
