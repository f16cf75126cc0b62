import type { Run, Step, Workflow, WorkflowInput } from "./board-types.ts";

/** How a run is doing, and the colour that goes with it. */
export function describeRun({ state, order }: Pick<Run, "state" | "order">): {
  readonly text: string;
  readonly tone: Tone;
} {
  if (state === "active" && order === "pause") return { text: "is to pause", tone: "waiting" };
  if (state === "active" && order === "cancel") return { text: "is to end", tone: "waiting" };
  return runWords[state];
}

export type Tone = "good" | "bad" | "live" | "waiting" | "still";

const runWords: Readonly<Record<Run["state"], { readonly text: string; readonly tone: Tone }>> = {
  queued: { text: "waits for another run", tone: "waiting" },
  active: { text: "under way", tone: "live" },
  paused: { text: "paused", tone: "waiting" },
  done: { text: "done", tone: "good" },
  failed: { text: "failed", tone: "bad" },
  cancelled: { text: "cancelled", tone: "still" },
  skipped: { text: "left out", tone: "still" },
};

export const stepWords: Readonly<Record<Step["state"], { readonly text: string; readonly tone: Tone }>> = {
  started: { text: "under way", tone: "live" },
  waiting: { text: "waits", tone: "waiting" },
  retrying: { text: "tries again", tone: "waiting" },
  done: { text: "done", tone: "good" },
  skipped: { text: "left out", tone: "still" },
  failed: { text: "failed", tone: "bad" },
  uncertain: { text: "may or may not have happened", tone: "bad" },
  reset: { text: "is done again", tone: "still" },
};

const causes: Readonly<Record<Exclude<Run["cause"], "manual">, string>> = {
  cron: "by the clock",
  message: "by a message",
  webhook: "by a webhook",
  event: "by an event",
  workflow: "by another workflow",
};

export function describeCause({ cause }: Pick<Run, "cause">): string {
  return cause === "manual" ? "by hand" : causes[cause];
}

/** "30 ms", "1.3 s", "5 min", "2.5 h", "3 days". */
export function formatTook(durationMs: number): string {
  if (durationMs < 1_000) return `${Math.max(0, Math.round(durationMs))} ms`;
  const seconds = durationMs / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 3_570) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${(seconds / 3_600).toFixed(1)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

/** "$0.0042"; empty for nothing. */
export function formatCost(costMicros: number): string {
  return costMicros === 0 ? "" : `$${(costMicros / 1_000_000).toFixed(4)}`;
}

/** What may be asked of a run now. */
export function listCommands({
  state,
  order,
}: Pick<Run, "state" | "order">): readonly ("cancel" | "pause" | "resume" | "retry")[] {
  if (state === "active") return order === "none" ? ["pause", "cancel"] : [];
  if (state === "queued") return ["cancel"];
  if (state === "paused") return ["resume", "cancel"];
  return state === "failed" || state === "cancelled" || state === "done" ? ["retry"] : [];
}

/** The person's own that start by themselves: first those whose time is known, the soonest first. */
export function listSelfStarting(workflows: readonly Workflow[]): readonly Workflow[] {
  return workflows
    .filter(({ isOwn, triggers }) => isOwn && triggers.length > 0)
    .toSorted((a, b) => (a.nextAt ?? Number.MAX_VALUE) - (b.nextAt ?? Number.MAX_VALUE));
}

/** What a form was filled with, as inputs of a run: what was left empty is left out. */
export function readInputs(
  inputs: readonly Pick<WorkflowInput, "name" | "type">[],
  form: { get(name: string): unknown },
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    inputs.flatMap(({ name, type }): (readonly [string, unknown])[] => {
      const value = form.get(name);
      if (type === "boolean") return [[name, value !== null]];
      return typeof value === "string" && value.trim() !== "" ? [[name, value]] : [];
    }),
  );
}
