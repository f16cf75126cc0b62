import { expect, it } from "vitest";
import type { Effect } from "../../../src/core/tool.ts";
import { isGated } from "../../../src/pipeline/runs/gated.ts";
import { parseAll } from "../../scheduler/run/scene.ts";

const workflow = (name: string, steps: string) => `name: ${name}\ndescription: d\ngroup: research\nsteps: [${steps}]\n`;
const effects: Readonly<Record<string, Effect>> = { look: "read", keep: "write", tell: "send" };

function gated(steps: string, others: readonly string[] = []): boolean {
  const all = parseAll([workflow("x", steps), ...others]);
  const found = all.get("x");
  if (found === undefined) throw new Error("The fixture has faults.");
  return isGated(found, { workflow: (name) => all.get(name), effect: (tool) => effects[tool] });
}

it("lets everybody have what only reads, asks a persona, waits, or writes to the owner", () => {
  expect(gated("{ id: a, tool: look }, { id: b, ask: general, prompt: x }, { id: c, wait: 1s }")).toBe(false);
  expect(gated("{ id: a, send: owner, text: x }")).toBe(false);
  expect(gated("{ id: a, workflow: y }", [workflow("y", "{ id: a, tool: look }")])).toBe(false);
});

it("finds what asks for more, wherever it stands", () => {
  expect(gated("{ id: a, approve: x }")).toBe(true);
  expect(gated('{ id: a, send: "mail:bob", text: x }')).toBe(true);
  for (const tool of ["keep", "tell", "nobody_knows"]) expect(gated(`{ id: a, tool: ${tool} }`), tool).toBe(true);
  expect(gated('{ id: e, each: "[1]", steps: [{ id: a, tool: keep }] }')).toBe(true);
  expect(
    gated("{ id: s, switch: [{ when: true, steps: [{ id: w, wait: 1s }] }], else: [{ id: a, tool: tell }] }"),
  ).toBe(true);
  expect(gated("{ id: a, tool: look, onError: [{ id: b, tool: keep }] }")).toBe(true);
  expect(gated("{ id: a, workflow: y }", [workflow("y", "{ id: a, tool: keep }")])).toBe(true);
  expect(gated("{ id: a, workflow: nobody-knows }")).toBe(true);
  expect(gated("{ id: a, workflow: y }", [workflow("y", "{ id: a, workflow: x }")])).toBe(true);
});
