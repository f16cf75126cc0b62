import { describe, expect, it } from "vitest";
import type { Role } from "../../src/core/store.ts";
import type { Effect } from "../../src/core/tool.ts";
import { decideToolCall, type SafetyMode, type ToolCallQuestion, type Verdict } from "../../src/safety/policy.ts";

const effects: readonly Effect[] = ["read", "write", "send", "execute", "destroy"];
const modes: readonly SafetyMode[] = ["safe", "cautious", "paranoid", "yolo"];
const roles: readonly Role[] = ["owner", "admin", "member", "guest", "blocked"];

// One letter for each of read, write, send, execute, destroy: a(llow), ? (ask), x (deny).
const letters: Readonly<Record<Verdict, string>> = { allow: "a", ask: "?", deny: "x" };
const verdicts = (mode: SafetyMode, role: Role, isTainted: boolean) =>
  effects.map((effect) => letters[decideToolCall({ effect, isTainted, safetyMode: mode, role }).verdict]).join("");

const questions: readonly ToolCallQuestion[] = modes.flatMap((safetyMode) =>
  roles.flatMap((role) =>
    effects.flatMap((effect) => [true, false].map((isTainted) => ({ effect, isTainted, safetyMode, role }))),
  ),
);

describe("decideToolCall", () => {
  it.each([
    // mode, role, own words, with text from outside
    ["safe", "owner", "aa???", "a????"],
    ["safe", "admin", "aa???", "a????"],
    ["safe", "member", "a???x", "a???x"],
    ["safe", "guest", "a???x", "a???x"],
    ["cautious", "owner", "a????", "a???x"],
    ["cautious", "admin", "a????", "a???x"],
    ["cautious", "member", "a??xx", "a??xx"],
    ["cautious", "guest", "a??xx", "a??xx"],
    ["paranoid", "owner", "a??xx", "???xx"],
    ["paranoid", "admin", "a??xx", "???xx"],
    ["paranoid", "member", "a??xx", "???xx"],
    ["paranoid", "guest", "???xx", "???xx"],
    ["yolo", "owner", "aaaa?", "a????"],
    ["yolo", "admin", "aaaa?", "a????"],
    ["yolo", "member", "aa???", "a????"],
    ["yolo", "guest", "a????", "a????"],
    ["safe", "blocked", "xxxxx", "xxxxx"],
    ["cautious", "blocked", "xxxxx", "xxxxx"],
    ["paranoid", "blocked", "xxxxx", "xxxxx"],
    ["yolo", "blocked", "xxxxx", "xxxxx"],
  ] as const)("%s, %s: %s, tainted %s", (mode, role, own, tainted) => {
    expect(verdicts(mode, role, false)).toBe(own);
    expect(verdicts(mode, role, true)).toBe(tainted);
  });

  const rank = (question: ToolCallQuestion) => ["allow", "ask", "deny"].indexOf(decideToolCall(question).verdict);

  it("with taint never allows anything but reading, in any mode, for anybody, whatever the persona", () => {
    for (const question of questions) {
      for (const approve of [undefined, [], effects]) {
        const asked = approve === undefined ? question : { ...question, approve };
        const isOutside = question.isTainted || question.role === "guest";
        if (isOutside && question.effect !== "read") expect(decideToolCall(asked).verdict).not.toBe("allow");
      }
    }
  });

  it("is never milder with taint than without", () => {
    for (const question of questions) {
      expect(rank({ ...question, isTainted: true })).toBeGreaterThanOrEqual(rank({ ...question, isTainted: false }));
    }
  });

  it("is never milder for a less trusted person", () => {
    for (const question of questions) {
      const next = roles[roles.indexOf(question.role) + 1];
      if (next !== undefined) expect(rank({ ...question, role: next })).toBeGreaterThanOrEqual(rank(question));
    }
  });

  it("lets a persona narrow and never widen", () => {
    for (const question of questions) {
      expect(rank({ ...question, approve: [] })).toBe(rank(question));
      expect(rank({ ...question, approve: effects })).toBe(Math.max(1, rank(question)));
      const others = effects.filter((effect) => effect !== question.effect);
      expect(rank({ ...question, approve: others })).toBe(rank(question));
    }
  });

  it("says why", () => {
    expect(decideToolCall({ effect: "send", isTainted: true, safetyMode: "yolo", role: "owner" }).reason).toContain(
      "text from outside",
    );
    for (const question of questions) expect(decideToolCall(question).reason).toMatch(/\w+\.$/);
  });
});
