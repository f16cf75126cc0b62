import { z } from "zod";
import type {
  RunDetail,
  RunView,
  StepView,
  WorkflowDetail,
  WorkflowList,
  WorkflowView,
} from "../../core/workflow-board.ts";
import { inputTypes, workflowGroups } from "../../core/workflow.ts";
import { approvalSchema } from "./schemas.ts";

/* What the routes of workflows and their runs take and give. `satisfies` holds them against the types of the board. */

const text = z.string();
const count = z.int().min(0);
const time = z.int().min(0).describe("Milliseconds since 1970.");

const workflow = {
  name: text,
  description: text,
  group: z.enum(workflowGroups),
  isOwn: z.boolean().describe("Shipped ones start by hand only."),
  isOld: z.boolean().describe("Its file has faults now: this is the last good version."),
  inputs: z
    .array(
      z.strictObject({
        name: text,
        type: z.enum(inputTypes),
        isRequired: z.boolean(),
        default: z.unknown().exactOptional(),
        description: text.exactOptional(),
      }),
    )
    .readonly(),
  triggers: z.array(text).readonly().describe("What starts it, in words; empty: by hand only."),
  nextAt: time.exactOptional(),
};

export const workflowSchema = z.strictObject(workflow) satisfies z.ZodType<WorkflowView>;

export const workflowListSchema = z.strictObject({
  workflows: z.array(workflowSchema).readonly(),
  faults: z
    .array(z.strictObject({ file: text, line: z.int().min(1), column: z.int().min(1), problem: text }))
    .readonly()
    .describe("Files that are left out, or stand as they were before."),
  digests: z
    .array(z.strictObject({ name: text, when: text, nextAt: time.exactOptional() }))
    .readonly()
    .describe("The configured digests: they come by the clock, too."),
  timeZone: text,
}) satisfies z.ZodType<WorkflowList>;

export const workflowDetailSchema = z.strictObject({
  ...workflow,
  graphText: text,
  graphSvg: text,
  nextTimes: z.array(time).readonly(),
}) satisfies z.ZodType<WorkflowDetail>;

const run = {
  id: text,
  workflow: text,
  state: z.enum(["queued", "active", "paused", "done", "failed", "cancelled", "skipped"]),
  order: z.enum(["none", "pause", "cancel"]).describe("What a person asked of it that is not done yet."),
  cause: z.enum(["manual", "cron", "message", "webhook", "event", "workflow"]),
  by: text,
  reason: text.exactOptional(),
  createdAt: time,
  startedAt: time.exactOptional(),
  endedAt: time.exactOptional(),
};

export const runSchema = z.strictObject(run) satisfies z.ZodType<RunView>;
export const runListSchema = z.strictObject({ runs: z.array(runSchema).readonly() });

const stepSchema = z.strictObject({
  path: text,
  kind: text,
  state: z.enum(["started", "waiting", "retrying", "done", "skipped", "failed", "uncertain", "reset"]),
  attempt: count,
  input: z.string().describe("JSON or text, cut where it is long; hidden characters are shown as their code points."),
  output: text,
  error: text.exactOptional(),
  costMicros: z.int().min(0).describe("Millionths of a dollar."),
  startedAt: time,
  endedAt: time.exactOptional(),
  dueAt: time.exactOptional(),
}) satisfies z.ZodType<StepView>;

export const runDetailSchema = z.strictObject({
  ...run,
  inputs: text,
  outputs: text,
  steps: z.array(stepSchema).readonly(),
  costMicros: count,
  approvals: z.array(approvalSchema).readonly(),
  graphText: text,
  graphSvg: text,
  seq: z.int().min(0).describe("The newest event when this was read: listen from here on."),
}) satisfies z.ZodType<RunDetail>;

export const startSchema = z.strictObject({
  inputs: z.record(z.string().max(40), z.unknown()).default({}).describe("By name; the defaults hold for the others."),
});

export const runCommandSchema = z.discriminatedUnion("command", [
  z.strictObject({ command: z.enum(["cancel", "pause", "resume"]) }),
  z.strictObject({
    command: z.literal("retry"),
    from: z.string().min(1).max(400).exactOptional().describe("A step's path or id; absent: where it failed."),
  }),
]);

export const runQuerySchema = z.object({
  workflow: z.string().max(60).exactOptional(),
  states: z.enum(["open", "ended"]).exactOptional().describe("open: those that have not ended."),
  before: z.string().max(64).exactOptional().describe("Only runs older than this one: the next page."),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
