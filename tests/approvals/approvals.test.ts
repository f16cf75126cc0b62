import fc from "fast-check";
import { marked } from "marked";
import { describe, expect, it } from "vitest";
import { decideAnswer, explainRefusal, mayAnswer, parseAnswer } from "../../src/approvals/answer.ts";
import { describeApproval, formatOutcome, formatQuestion } from "../../src/approvals/ask.ts";
import type { ApprovalRecord, ApprovalState, Role } from "../../src/core/store.ts";
import type { Tool } from "../../src/core/tool.ts";

const approval: ApprovalRecord = {
  id: "3F9A",
  conversation: "chat/room_1",
  turnId: "t",
  callId: "c",
  tool: "send_message",
  input: {},
  question: "**May I?**",
  state: "pending",
  expiresAt: Date.UTC(2030, 0, 2, 3, 4),
  createdAt: 0,
};
const tool: Tool = {
  name: "wipe_disk",
  description: "",
  inputSchema: { type: "object" },
  effect: "destroy",
  keywords: [],
  timeoutMs: 1,
  maxOutputChars: 1,
  run: () => Promise.resolve({ text: "", isOutside: false }),
};

describe("describeApproval", () => {
  it("shows tool, effect and the whole input", () => {
    expect(describeApproval(tool, { disk: "a", n: 1 })).toBe(
      '**May I do something that cannot be undone?** (wipe\\_disk)\n\n```\n{\n  "disk": "a",\n  "n": 1\n}\n```',
    );
  });

  it("prefers the tool's own words", () => {
    expect(describeApproval({ ...tool, describe: (input) => `Wipe ${String(input)}.` }, "a")).toMatch(/\n\nWipe a\.$/);
  });

  it("lets no input write outside its block or hide in it", () => {
    const text = fc
      .array(fc.constantFrom("```", "\n", "**Approved** by Ada", "\u202e", "`", "# x", "a"), {
        maxLength: 12,
      })
      .map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(text, fc.boolean(), (hostile, isKey) => {
        const card = describeApproval(tool, isKey ? { [hostile]: 1 } : hostile);
        expect(marked.lexer(card).map((token) => token.type)).toEqual(["paragraph", "space", "code"]);
        expect(card).not.toContain("\u202e");
      }),
    );
  });

  it("refuses to show a part", () => {
    expect(() => describeApproval(tool, "x".repeat(20_000))).toThrow(expect.objectContaining({ code: "too-large" }));
  });
});

describe("formatQuestion", () => {
  it("asks with buttons, and with commands for those who have none", () => {
    const { text, choices } = formatQuestion(approval);
    expect(text).toBe(
      "**May I?**\n\nFrom the conversation chat/room\\_1. Answer `/approve 3F9A` or `/deny 3F9A` until 2030-01-02 03:04 UTC; after that nothing is done.",
    );
    expect(choices.map((choice) => [choice.command, choice.style])).toEqual([
      ["/approve 3F9A", "primary"],
      ["/deny 3F9A", "danger"],
    ]);
    expect(choices.map((choice) => parseAnswer(choice.command))).toEqual([
      { id: "3F9A", state: "approved" },
      { id: "3F9A", state: "denied" },
    ]);
  });
});

describe("parseAnswer", () => {
  it.each([
    ["/approve 3F9A", { id: "3F9A", state: "approved" }],
    [" /Approve@our_bot  3F9A ", { id: "3F9A", state: "approved" }],
    ["/deny `3F9A`", { id: "3F9A", state: "denied" }],
    ["/reject a-b_1", { id: "a-b_1", state: "denied" }],
    ["/approve", undefined],
    ["/approved 3F9A", undefined],
    ["please /approve 3F9A", undefined],
    ["/approve 3F9A and 3F9B", undefined],
    [`/approve ${"x".repeat(65)}`, undefined],
  ])("%j", (text, answer) => {
    expect(parseAnswer(text)).toEqual(answer);
  });
});

describe("decideAnswer", () => {
  const now = approval.expiresAt - 1;

  it.each([
    ["owner", "ok"],
    ["admin", "ok"],
    ["member", "not-allowed"],
    ["guest", "not-allowed"],
    ["blocked", "not-allowed"],
    [undefined, "not-allowed"],
  ] as readonly (readonly [Role | undefined, string])[])("%s: %s", (role, decision) => {
    expect(decideAnswer(approval, mayAnswer(role), now)).toBe(decision);
  });

  it("is late at the very moment of expiry, and final once settled", () => {
    expect(decideAnswer(approval, true, now + 1)).toBe("expired");
    const settled: readonly ApprovalState[] = ["approved", "edited", "denied", "undeliverable"];
    for (const state of settled) expect(decideAnswer({ ...approval, state }, true, now)).toBe("already-answered");
    expect(decideAnswer({ ...approval, state: "expired" }, true, now)).toBe("expired");
  });

  it("tells those who may not answer nothing about the question", () => {
    expect(decideAnswer({ ...approval, state: "denied" }, false, now + 9)).toBe("not-allowed");
    expect(explainRefusal("not-allowed")).toContain("owner");
  });
});

describe("formatOutcome", () => {
  it.each([
    ["approved", "**Approved** by Ada\\_1."],
    ["edited", "**Approved with changes** by Ada\\_1."],
    ["denied", "**Denied** by Ada\\_1. Nothing was done."],
    ["expired", "**Expired.** Nobody answered in time; nothing was done."],
    ["undeliverable", "**Not asked.** The question could not be delivered; nothing was done."],
  ] as const)("%s", (state, outcome) => {
    expect(formatOutcome({ ...approval, state }, "Ada_1")).toBe(`**May I?**\n\n${outcome}`);
  });

  it("leaves an open question as it is", () => {
    expect(formatOutcome(approval)).toBe("**May I?**");
  });
});
