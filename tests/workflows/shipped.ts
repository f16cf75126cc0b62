import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Workflow } from "../../src/core/workflow.ts";
import { allSteps } from "../../src/scheduler/language/walk-steps.ts";
import { parseWorkflow } from "../../src/scheduler/language/parse-workflow.ts";

export const workflowFolder: string = fileURLToPath(new URL("../../workflows/", import.meta.url));

/** Texts of the shipped files, by the name of the file without its ending. */
export const shippedTexts: ReadonlyMap<string, string> = new Map(
  readdirSync(workflowFolder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".yaml"))
    .toSorted()
    .map((path) => [
      path.slice(path.lastIndexOf("/") + 1, -".yaml".length),
      readFileSync(`${workflowFolder}${path}`, "utf8"),
    ]),
);

export function readShipped(name: string): Workflow {
  const { workflow, faults } = parseWorkflow(name, shippedTexts.get(name) ?? "");
  if (workflow === undefined) throw new Error(`${name}: ${JSON.stringify(faults)}`);
  return workflow;
}

/** The text of a workflow, and of all that it calls. */
export function textsFor(name: string): readonly string[] {
  const called = allSteps(readShipped(name).steps).flatMap((step) =>
    step.kind === "workflow" ? textsFor(step.workflow) : [],
  );
  return [...new Set([shippedTexts.get(name) ?? "", ...called])];
}
