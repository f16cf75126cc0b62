import { join } from "node:path";
import { AppError } from "../core/errors.ts";
import { workflowName } from "../core/workflow.ts";

/** Where the file of a workflow is written. Throws AppError "bad-input" for a name that no workflow can have. */
export function placeWorkflow(folder: string, name: string): string {
  if (!workflowName.test(name))
    throw new AppError("bad-input", `"${name.slice(0, 60)}" cannot be the name of a workflow.`, {
      hint: "Names have small letters, digits and dashes.",
    });
  return join(folder, `${name}.yaml`);
}
