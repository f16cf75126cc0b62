import { parseArgs } from "node:util";
import type { CliCommand } from "../cli.ts";
import { AppError } from "../core/errors.ts";
import type { RunCommand } from "../core/workflow-board.ts";
import { openRuns, type OpenRuns } from "../open-runs.ts";
import { commonOptions, commonUsage, loadConfigOf, needWord, pickAction } from "./options.ts";
import { formatTable, formatTime, paint, plain, printJson, printLine } from "./print.ts";
import { formatState, printRun } from "./runs/print-run.ts";

const actions = ["list", "show", "cancel", "pause", "resume", "retry"] as const;
const listed = 50;

/** Runs of workflows: under way, and what became of the others. */
export const runs: CliCommand = {
  summary: "Shows runs of workflows with each step's input, output, cost and time; ends, halts and repeats them.",
  usage: `runs list [--open] [--workflow NAME]
  parlance runs show ID
  parlance runs cancel|pause|resume ID
  parlance runs retry ID [STEP]

  list    the latest ${listed}; --open: those that have not ended
  cancel  ends one before its next step
  pause   halts one before its next step; resume lets it go on
  retry   goes on where it failed, or from a step; steps before it stay done

${commonUsage}`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { ...commonOptions, workflow: { type: "string" }, open: { type: "boolean", default: false } },
      allowPositionals: true,
    });
    const action = pickAction(positionals[0], actions, "list");
    const opened = await openRuns(await loadConfigOf(values));
    try {
      if (action === "list") return await list(opened, values);
      const id = needWord(positionals[1], "The id", `runs ${action} ID   ("parlance runs list" shows them)`);
      if (action === "show") return await show(opened, id, values.json);
      return await order(opened, action, id, positionals[2], values.json);
    } finally {
      await opened.close();
    }
  },
};

async function list(
  { board }: OpenRuns,
  { json, open, workflow }: { readonly json: boolean; readonly open: boolean; readonly workflow?: string | undefined },
): Promise<number> {
  const found = await board.runs({
    limit: listed,
    ...(open ? { states: "open" } : {}),
    ...(workflow === undefined ? {} : { workflow }),
  });
  if (json) printJson(found);
  else if (found.length === 0) printLine(open ? "Nothing is under way." : "No workflow has run yet.");
  else
    printLine(
      formatTable(
        ["ID", "WORKFLOW", "BEGUN", "STATE", "BY AND WHY"],
        found.map((run) => [
          run.id,
          run.workflow,
          formatTime(run.createdAt),
          formatState(run),
          plain(`${run.cause === "manual" ? run.by : run.cause}${run.reason === undefined ? "" : `: ${run.reason}`}`),
        ]),
      ),
    );
  return 0;
}

async function show({ board, steps }: OpenRuns, id: string, isJson: boolean): Promise<number> {
  const run = await board.run(id);
  if (run === undefined)
    throw new AppError("not-found", `There is no run "${id}".`, { hint: '"parlance runs list" shows them.' });
  const { graphSvg: _svg, graphText: _text, seq: _seq, ...shown } = run;
  if (isJson) printJson({ ...shown, steps: await steps(id) });
  else printRun(run);
  return 0;
}

const done: Readonly<Record<RunCommand, string>> = {
  cancel: "It ends before its next step.",
  pause: "It halts before its next step.",
  resume: "It goes on.",
  retry: "It is done again.",
};

async function order(
  opened: OpenRuns,
  action: RunCommand,
  id: string,
  step: string | undefined,
  isJson: boolean,
): Promise<number> {
  const run = await opened.board.order(id, action, { id: "terminal:owner", name: "the terminal" }, step);
  const isServiceRunning = await opened.isServiceRunning();
  if (isJson) printJson({ ...run, isServiceRunning });
  else {
    printLine(done[action]);
    if (!isServiceRunning) printLine(paint("dim", 'The service is not running: it does so after "parlance start".'));
  }
  return 0;
}
