import type { RunDetail, RunView, StepView } from "../../core/workflow-board.ts";
import { formatDuration } from "../../scheduler/language/duration.ts";
import { stateMarks } from "../../scheduler/graph/nodes.ts";
import { quoteInline } from "../../core/quote.ts";

const shownChars = 200;

/** A time as the owner's clock shows it: "Fri 27 Nov, 09:00". Pure. */
export function formatMoment(at: number, timeZone: string): string {
  const parts = { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" } as const;
  return new Intl.DateTimeFormat("en-GB", { ...parts, timeZone }).format(at);
}

/** Millionths of a dollar: "$0.0042"; undefined for nothing. Pure. */
export function formatCost(costMicros: number): string | undefined {
  return costMicros === 0 ? undefined : `$${(costMicros / 1_000_000).toFixed(4)}`;
}

/** How a run is doing, in a few words. Pure. */
export function describeState({ state, order }: Pick<RunView, "state" | "order">): string {
  if (state === "active" && order !== "none") return order === "pause" ? "is to pause" : "is to end";
  return { active: "under way", queued: "waits for another run", paused: "paused" }[state as string] ?? state;
}

/** One line of a list, as CommonMark. Pure. */
export function formatRunLine(run: RunView, timeZone: string): string {
  const took = run.endedAt === undefined ? "" : `, ${formatDuration(run.endedAt - (run.startedAt ?? run.createdAt))}`;
  const why = run.reason === undefined ? "" : `: ${quoteInline(cutWords(run.reason))}`;
  return `- \`${run.id}\` ${run.workflow}, ${formatMoment(run.createdAt, timeZone)}, ${describeState(run)}${took}${why}`;
}

/** One step with what went in and came out, as CommonMark. Pure. */
export function formatStep(step: StepView): string {
  const { path, kind, state, attempt, input, output, error, costMicros, startedAt, endedAt } = step;
  const facts = [
    `${kind}, ${state}`,
    ...(attempt > 1 ? [`attempt ${attempt}`] : []),
    ...(endedAt === undefined ? [] : [formatDuration(endedAt - startedAt)]),
    ...[formatCost(costMicros)].flatMap((cost) => cost ?? []),
  ];
  const lines = [
    `- ${stateMarks[state]} **${quoteInline(path)}** (${facts.join(", ")})`,
    ...(input === "" ? [] : [`  - in: ${quoteInline(cutWords(input))}`]),
    ...(output === "" ? [] : [`  - out: ${quoteInline(cutWords(output))}`]),
    ...(error === undefined ? [] : [`  - ${quoteInline(cutWords(error))}`]),
  ];
  return lines.join("\n");
}

/** A run in full, as CommonMark. Pure. */
export function formatRun(run: RunDetail, timeZone: string, maxSteps = 30): string {
  const cost = formatCost(run.costMicros);
  const head = [
    `**${run.workflow}** \`${run.id}\`: ${describeState(run)}${run.reason === undefined ? "" : `. ${quoteInline(run.reason)}`}`,
    `Begun ${formatMoment(run.createdAt, timeZone)} by ${run.cause === "manual" ? quoteInline(run.by) : run.cause}${cost === undefined ? "" : `, cost ${cost}`}.`,
  ];
  const steps = run.steps.slice(0, maxSteps).map(formatStep);
  const more = run.steps.length > maxSteps ? `\n\nand ${run.steps.length - maxSteps} more steps` : "";
  const waits = run.approvals.map(({ id }) => `Waits for an answer: \`/approve ${id}\` or \`/deny ${id}\`.`);
  return [head.join("\n"), `${steps.join("\n")}${more}`, ...waits].filter((part) => part !== "").join("\n\n");
}

function cutWords(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length <= shownChars ? line : `${line.slice(0, shownChars).toWellFormed()}…`;
}
