import type { RunDetail, RunView, StepView } from "../../core/workflow-board.ts";
import { formatTime, paint, plain, printLine } from "../print.ts";

const maxShown = 400;
const colours = {
  done: "green",
  failed: "red",
  uncertain: "red",
  waiting: "yellow",
  retrying: "yellow",
  started: "cyan",
  skipped: "dim",
  reset: "dim",
} as const;

export function formatState({ state, order }: Pick<RunView, "state" | "order">): string {
  const isAsked = state === "active" && order !== "none";
  const text = isAsked ? (order === "pause" ? "to pause" : "to end") : state === "active" ? "under way" : state;
  const colour = state === "done" ? "green" : state === "failed" ? "red" : state === "active" ? "cyan" : "yellow";
  return paint(colour, text);
}

/** "fetch  done  0.3 s": one step on a line. */
export function formatStepLine({
  path,
  kind,
  state,
  attempt,
  error,
  costMicros,
  startedAt,
  endedAt,
}: StepView): string {
  const facts = [
    kind,
    ...(attempt > 1 ? [`attempt ${attempt}`] : []),
    ...(endedAt === undefined ? [] : [formatTook(endedAt - startedAt)]),
    ...(costMicros === 0 ? [] : [formatDollars(costMicros)]),
  ];
  const why = error === undefined ? "" : `: ${plain(error)}`;
  return `${paint(colours[state], state.padEnd(9))} ${path} ${paint("dim", `(${facts.join(", ")})`)}${why}`;
}

export function printRun(run: RunDetail): void {
  const { id, workflow, by, cause, createdAt, reason, inputs, steps, costMicros, approvals } = run;
  printLine(`${paint("bold", workflow)} ${id} ${formatState(run)}${reason === undefined ? "" : `: ${plain(reason)}`}`);
  printLine(
    `begun ${formatTime(createdAt)} by ${plain(cause === "manual" ? by : cause)}${costMicros === 0 ? "" : `, ${formatDollars(costMicros)}`}`,
  );
  if (inputs !== "") printLine(`with ${cut(inputs)}`);
  printLine();
  for (const step of steps) {
    printLine(formatStepLine(step));
    if (step.input !== "") printLine(paint("dim", `    in   ${cut(step.input)}`));
    if (step.output !== "") printLine(`    out  ${cut(step.output)}`);
  }
  for (const { id: approval, question } of approvals)
    printLine(`\n${question}\n"parlance approvals approve ${approval}" lets it go on, "deny" does not.`);
  printOutputs(run);
}

export function printOutputs(run: RunDetail): void {
  const took = run.endedAt === undefined ? "" : ` after ${formatTook(run.endedAt - (run.startedAt ?? run.createdAt))}`;
  printLine(`\n${formatState(run)}${took}${run.reason === undefined ? "" : `: ${plain(run.reason)}`}`);
  if (run.outputs !== "") printLine(cut(run.outputs));
}

export function formatTook(durationMs: number): string {
  if (durationMs < 1_000) return `${durationMs} ms`;
  const seconds = durationMs / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return seconds < 3_600 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3_600).toFixed(1)} h`;
}

export function formatDollars(costMicros: number): string {
  return `$${(costMicros / 1_000_000).toFixed(4)}`;
}

function cut(text: string): string {
  const line = plain(text);
  return line.length > maxShown ? `${line.slice(0, maxShown).toWellFormed()}…` : line;
}
