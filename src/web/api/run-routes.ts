import type { Role } from "../../core/store.ts";
import type { WorkflowBoard } from "../../core/workflow-board.ts";
import { AppError } from "../../core/errors.ts";
import { defineRoute, type ApiRoute } from "./route.ts";
import {
  runCommandSchema,
  runDetailSchema,
  runListSchema,
  runQuerySchema,
  runSchema,
  startSchema,
  workflowDetailSchema,
  workflowListSchema,
} from "./run-schemas.ts";

/** Opens the board; what belongs to it is loaded with the first request. */
export type OpenBoard = () => Promise<WorkflowBoard>;

/** Whoever is signed in is the owner. */
const role: Role = "owner";

/** Workflows and their runs over HTTP. */
export function listRunRoutes(open: OpenBoard): readonly ApiRoute[] {
  return [
    defineRoute({
      method: "get",
      path: "/api/workflows",
      name: "listWorkflows",
      summary: "What can be done step by step, what starts by itself, and which files have faults.",
      answer: workflowListSchema,
      refusals: [404],
      run: async () => (await open()).list(),
    }),
    defineRoute({
      method: "get",
      path: "/api/workflows/{id}",
      name: "getWorkflow",
      summary: "One workflow, by its name, with a picture.",
      answer: workflowDetailSchema,
      refusals: [404],
      run: async ({ id }) => found(await (await open()).workflow(id), "workflow"),
    }),
    defineRoute({
      method: "post",
      path: "/api/workflows/{id}",
      name: "startWorkflow",
      summary: "Begins a run of a workflow.",
      body: startSchema,
      answer: runSchema,
      refusals: [404],
      run: async ({ id, body, who }) => (await open()).start(id, body.inputs, { ...who, role }),
    }),
    defineRoute({
      method: "get",
      path: "/api/runs",
      name: "listRuns",
      summary: "Runs of workflows; the newest first.",
      query: runQuerySchema,
      answer: runListSchema,
      refusals: [404],
      run: async ({ query: { before, ...filter } }) => ({
        runs: await (await open()).runs({ ...filter, ...(before === undefined ? {} : { beforeId: before }) }),
      }),
    }),
    defineRoute({
      method: "get",
      path: "/api/runs/{id}",
      name: "getRun",
      summary: "One run with each step's input, output, cost and time, and the questions that wait.",
      answer: runDetailSchema,
      refusals: [404],
      run: async ({ id }) => found(await (await open()).run(id), "run"),
    }),
    defineRoute({
      method: "post",
      path: "/api/runs/{id}",
      name: "orderRun",
      summary: "Ends a run, halts it before its next step, lets it go on, or repeats it from a step.",
      body: runCommandSchema,
      answer: runSchema,
      refusals: [404, 409],
      run: async ({ id, body, who }) =>
        (await open()).order(id, body.command, who, "from" in body ? body.from : undefined),
    }),
  ];
}

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new AppError("not-found", `There is no such ${what}.`);
  return value;
}

/** For a server without workflows. */
export async function noBoard(): Promise<never> {
  throw new AppError("not-found", "There are no workflows on this server.");
}
