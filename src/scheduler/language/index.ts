import { checkWorkflowSet } from "./check-set.ts";
import { parseWorkflow } from "./parse-workflow.ts";

/** What reading workflow files needs of the language. */
export const workflowLanguage = { parse: parseWorkflow, check: checkWorkflowSet } as const;
