import type { ApprovalView, DeskPerson } from "./desk.ts";
import type { Role } from "./store.ts";
import type { RunCause, RunOrder, RunState, StepState } from "./workflow-run.ts";
import type { InputType, WorkflowGroup } from "./workflow.ts";

/*
 * Workflows and their runs as people see them: on the page, in chat and in the terminal. Plain JSON; times are epoch
 * milliseconds. What is long is cut: the store has the whole.
 */

export interface WorkflowInputView {
  readonly name: string;
  readonly type: InputType;
  readonly isRequired: boolean;
  readonly default?: unknown;
  readonly description?: string;
}

export interface WorkflowView {
  readonly name: string;
  readonly description: string;
  readonly group: WorkflowGroup;
  /** The person's own; shipped ones start by hand only. */
  readonly isOwn: boolean;
  /** Its file has faults now; this is the last good version. */
  readonly isOld: boolean;
  readonly inputs: readonly WorkflowInputView[];
  /** In words, such as "at 0 9 * * 1-5 (Europe/Berlin)"; empty: by hand only. */
  readonly triggers: readonly string[];
  /** When it starts by itself next; absent: at no known time. */
  readonly nextAt?: number;
}

/** A file that is left out, or stands as it was before. */
export interface WorkflowFaultView {
  /** Without the folders around the workflows. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly problem: string;
}

export interface WorkflowList {
  /** By group, then name. */
  readonly workflows: readonly WorkflowView[];
  readonly faults: readonly WorkflowFaultView[];
  /** The configured digests: they come by the clock, too. */
  readonly digests: readonly { readonly name: string; readonly when: string; readonly nextAt?: number }[];
  /** The owner's. */
  readonly timeZone: string;
}

export interface WorkflowDetail extends WorkflowView {
  /** The picture as lines of text, and as SVG. */
  readonly graphText: string;
  readonly graphSvg: string;
  /** The next three times at which it starts by itself. */
  readonly nextTimes: readonly number[];
}

export interface RunView {
  readonly id: string;
  readonly workflow: string;
  readonly state: RunState;
  readonly order: RunOrder;
  /** What set it off, and who. */
  readonly cause: RunCause["kind"];
  readonly by: string;
  readonly reason?: string;
  readonly createdAt: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
}

export interface StepView {
  readonly path: string;
  readonly kind: string;
  readonly state: StepState;
  readonly attempt: number;
  /** JSON, or the text where it is one; hidden characters are shown as their code points. Empty: nothing. */
  readonly input: string;
  readonly output: string;
  readonly error?: string;
  readonly costMicros: number;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly dueAt?: number;
}

export interface RunDetail extends RunView {
  readonly inputs: string;
  readonly outputs: string;
  /** In the order in which they were begun; at most 500. */
  readonly steps: readonly StepView[];
  readonly costMicros: number;
  /** Questions of this run that wait for a person. */
  readonly approvals: readonly ApprovalView[];
  readonly graphText: string;
  readonly graphSvg: string;
  /** The newest event when this was read: listen from here on. */
  readonly seq: number;
}

export type RunCommand = "cancel" | "pause" | "resume" | "retry";

/** Where a start by hand comes from. */
export interface StartOrigin {
  /** `trigger` in the workflow's expressions. */
  readonly payload: unknown;
  /** The same for the same order: one that is carried out again after a crash begins no second run. */
  readonly dedupKey: string;
}

/** Who does something to workflows. */
export interface BoardPerson extends DeskPerson {
  readonly role: Role;
}

export interface RunListFilter {
  readonly workflow?: string;
  /** "open": those that have not ended. */
  readonly states?: "open" | "ended";
  readonly beforeId?: string;
  readonly limit: number;
}

export interface WorkflowBoard {
  list(): Promise<WorkflowList>;
  workflow(name: string): Promise<WorkflowDetail | undefined>;
  /** Throws AppError "not-found", "bad-input", or "forbidden" where it would need more trust than the person has. */
  start(
    name: string,
    inputs: Readonly<Record<string, unknown>>,
    who: BoardPerson,
    origin?: StartOrigin,
  ): Promise<RunView>;
  /** The newest first. */
  runs(filter: RunListFilter): Promise<readonly RunView[]>;
  /** Undefined: there is none of this id. */
  run(id: string): Promise<RunDetail | undefined>;
  /** Throws AppError "not-found", or "conflict" where the run is not in that state. `from`: for retry, a step. */
  order(id: string, command: RunCommand, who: DeskPerson, from?: string): Promise<RunView>;
}
