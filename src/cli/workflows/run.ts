import { setTimeout as sleep } from "node:timers/promises";
import type { LoadedConfig } from "../../../config/load.ts";
import { openRunStates } from "../../core/workflow-run.ts";
import { AppError } from "../../core/errors.ts";
import { openRuns, type OpenRuns } from "../../open-runs.ts";
import { printJson, printLine } from "../print.ts";
import { formatStepLine, printOutputs } from "../runs/print-run.ts";

const lookMs = 250;

/** Starts a workflow in the store of the running service, and shows how it goes until it ends. */
export async function runAndFollow(
  config: LoadedConfig,
  name: string,
  inputs: Readonly<Record<string, unknown>>,
  { isJson, isDetached }: { readonly isJson: boolean; readonly isDetached: boolean },
): Promise<number> {
  const opened = await openRuns(config);
  try {
    const run = await opened.board.start(name, inputs, { id: "terminal:owner", name: "the terminal", role: "owner" });
    const isRunning = await opened.isServiceRunning();
    if (run.state === "skipped") throw new AppError("conflict", `It was not started. ${run.reason ?? ""}`);
    if (isDetached || !isRunning) {
      if (isJson) printJson({ ...run, isServiceRunning: isRunning });
      else printLine(isRunning ? run.id : `${run.id} begins when you start the service with "parlance start".`);
      return 0;
    }
    if (!isJson) printLine(`${run.id} has begun; "parlance runs cancel ${run.id}" ends it.`);
    return await follow(opened, run.id, isJson);
  } finally {
    await opened.close();
  }
}

async function follow({ board }: OpenRuns, id: string, isJson: boolean): Promise<number> {
  const shown = new Map<string, string>();
  const asked = new Set<string>();
  for (;;) {
    const run = await board.run(id);
    if (run === undefined) throw new AppError("not-found", `The run ${id} is not there any more.`);
    if (!isJson) {
      for (const step of run.steps) {
        const line = formatStepLine(step);
        if (shown.get(step.path) !== step.state) printLine(line);
        shown.set(step.path, step.state);
      }
      for (const approval of run.approvals.filter((each) => !asked.has(each.id))) {
        asked.add(approval.id);
        printLine(
          `\n${approval.question}\n"parlance approvals approve ${approval.id}" lets it go on, "deny" does not.\n`,
        );
      }
    }
    if (!openRunStates.includes(run.state) || run.state === "paused") {
      const { graphSvg: _svg, graphText: _text, seq: _seq, ...ended } = run;
      if (isJson) printJson(ended);
      else printOutputs(run);
      return run.state === "done" ? 0 : 1;
    }
    await sleep(lookMs);
  }
}
