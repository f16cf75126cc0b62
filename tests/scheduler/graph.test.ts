import fc from "fast-check";
import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import type { StepState } from "../../src/core/workflow-run.ts";
import type { Workflow } from "../../src/core/workflow.ts";
import { describeGraph } from "../../src/scheduler/graph/nodes.ts";
import { formatGraphSvg } from "../../src/scheduler/graph/svg.ts";
import { formatGraphText } from "../../src/scheduler/graph/text.ts";
import { parseWorkflow } from "../../src/scheduler/language/parse-workflow.ts";
import { stepRow } from "../store/describe-workflow-runs.ts";
import { allKinds } from "./all-kinds.ts";

const workflow = parseWorkflow("all-kinds", allKinds).workflow as Workflow;

describe("a picture of a workflow", () => {
  it("shows each step, with how far a run has come", () => {
    const rows = [
      stepRow("plan"),
      stepRow("note", { state: "uncertain" }),
      stepRow("gather[0].fetch"),
      stepRow("gather[1].fetch", { state: "waiting" }),
    ];
    expect(formatGraphText(describeGraph(workflow, rows))).toEqual([
      "all-kinds: Does a bit of everything.",
      "▸ by hand",
      "│",
      "✔ plan    asks general",
      "? note    calls write_note",
      "○ gate    waits for owner",
      "○ route   chooses",
      "│ ├─ when steps.plan.output.severity > 3",
      "│ │  ○ page  calls page_someone",
      "│ └─ else",
      "│    ○ calm  sends to owner",
      "○ gather  goes through inputs.places, 2 at a time",
      "│ └─ for each place",
      "│    ◌ fetch  calls fetch_weather [1/2]",
      "│    ○ say    sends to owner",
      "○ pause   waits 10m",
      "○ sub     runs small",
      "○ done    sends to owner",
    ]);
  });

  it("is no wider than asked for", () => {
    for (const line of formatGraphText(describeGraph(workflow), 30)) expect(line.length).toBeLessThanOrEqual(30);
  });

  it("as SVG is well formed, holds each step once with its state, and nothing of it is markup", () => {
    const states: readonly StepState[] = ["done", "failed", "waiting"];
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), fc.constantFrom(...states), (text, state) => {
        const described = {
          ...workflow,
          description: text,
          triggers: [{ kind: "message", pattern: `<b>${text}` } as const],
        };
        const svg = formatGraphSvg(describeGraph(described, [stepRow("plan", { state })]));
        const { document } = parseHTML(svg);
        const ids = [...document.querySelectorAll("[data-step]")].map((node) => node.getAttribute("data-step") ?? "");
        expect(new Set(ids)).toEqual(
          new Set(["calm", "done", "fetch", "gate", "gather", "note", "page", "pause", "plan", "route", "say", "sub"]),
        );
        expect(ids).toHaveLength(12);
        expect(document.querySelector('[data-step="plan"]')?.getAttribute("class")).toBe(`step state-${state}`);
        expect(document.querySelectorAll("b, script")).toHaveLength(0);
      }),
      { numRuns: 50 },
    );
  });
});
