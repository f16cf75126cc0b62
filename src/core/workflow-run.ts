import type { Role } from "./store.ts";

/*
 * Runs of workflows, as they are journalled. A run is worked on like a conversation: `workflow:<run id>` is leased,
 * fenced, rung for and swept like any other one.
 */

/**
 * "queued" waits for another run of its key; "active" is worked on or waits for a time, a person or another run;
 * "paused" was halted by a person. The others are ends.
 */
export type RunState = "queued" | "active" | "paused" | "done" | "failed" | "cancelled" | "skipped";

/** Those that have not ended. */
export const openRunStates: readonly RunState[] = ["queued", "active", "paused"];

/** What a person asked of a run that may be under way somewhere; it heeds it before its next step. */
export type RunOrder = "none" | "pause" | "cancel";

/** What set a run off. */
export interface RunCause {
  readonly kind: "manual" | "cron" | "message" | "webhook" | "event" | "workflow";
  /** Person id, "system", or the run that started it. */
  readonly by: string;
  /** Whose authority it has. */
  readonly role: Role;
  /** `trigger` in its expressions. */
  readonly payload: unknown;
  /** Was the payload written by somebody outside? */
  readonly isOutside: boolean;
  /** Workflows whose runs led here, each setting off the next; absent: no run did. */
  readonly chain?: readonly string[];
}

export interface RunRecord {
  readonly id: string;
  readonly workflow: string;
  /** Of the version it began with. */
  readonly definitionHash: string;
  readonly state: RunState;
  readonly order: RunOrder;
  readonly cause: RunCause;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** The run and step that wait for this one. */
  readonly parent?: { readonly runId: string; readonly stepPath: string };
  /** How many runs there are above it. */
  readonly depth: number;
  /** Runs of the same key exclude each other. */
  readonly concurrencyKey?: string;
  readonly outputs?: Readonly<Record<string, unknown>>;
  /** Why it failed, was cancelled or skipped. */
  readonly reason?: string;
  readonly createdAt: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
}

/**
 * "started": an attempt began whose effect nobody could tell after a crash; "waiting": for a time, a person or a run;
 * "retrying": failed, another attempt is due; "uncertain": cut off, may or may not have taken effect; "reset": a
 * person wants it done anew.
 */
export type StepState = "started" | "waiting" | "retrying" | "done" | "skipped" | "failed" | "uncertain" | "reset";

export interface StepRow {
  readonly runId: string;
  /** Ids from the outside in, items numbered: "gather[3].fetch". */
  readonly path: string;
  /** Order in which steps were begun. */
  readonly seq: number;
  readonly kind: string;
  readonly state: StepState;
  readonly attempt: number;
  /** How often a person had it done anew after it was done: a new effect is wanted then. */
  readonly redo: number;
  readonly input: unknown;
  readonly output: unknown;
  readonly error?: string;
  /** Did text from outside come in with the output? */
  readonly isOutside: boolean;
  readonly costMicros: number;
  readonly startedAt: number;
  readonly endedAt?: number;
  /** When a waiting or retrying one is to be looked at again; absent: when somebody rings. */
  readonly dueAt?: number;
}

/** One finished step of a persona's work within an "ask": what a resumed one reads instead of doing it again. */
export interface AskProgress {
  readonly index: number;
  readonly record: unknown;
}

export interface NewRun extends Omit<RunRecord, "state" | "order" | "startedAt" | "endedAt" | "outputs" | "reason"> {
  /** The file of the version it begins with. */
  readonly definitionText: string;
  /** Unique for ever: what set it off is known again by it. */
  readonly dedupKey?: string;
  readonly policy?: "skip" | "queue" | "replace";
  /** Why it is not to be worked on: it is skipped, for people to see. */
  readonly refusal?: string;
}

export type CreatedRun =
  /** `replaced`: runs that were told to end; ring for them. */
  | { readonly kind: "created"; readonly run: RunRecord; readonly replaced: readonly string[] }
  /** What set it off did so before. */
  | { readonly kind: "known"; readonly run: RunRecord };

/** What a transaction can do about runs. */
export interface WorkflowTransaction {
  /** Decides by its concurrency policy whether it is active, queued or skipped. */
  createRun(run: NewRun): Promise<CreatedRun>;
  /** Saves steps, and tells what a person has asked of the run meanwhile. */
  saveSteps(runId: string, rows: readonly StepRow[]): Promise<RunOrder>;
  saveProgress(runId: string, path: string, attempt: number, progress: AskProgress): Promise<void>;
  /** False, with nothing changed, when the run is in none of the states `from`; absent: whatever its state. */
  updateRun(
    runId: string,
    change: {
      readonly state?: RunState;
      readonly order?: RunOrder;
      readonly startedAt?: number;
      readonly endedAt?: number | null;
      readonly outputs?: Readonly<Record<string, unknown>>;
      readonly reason?: string | null;
    },
    from?: readonly RunState[],
  ): Promise<boolean>;
  /** The run has ended: the next one of its key, if any, becomes active; resolves with its id. */
  releaseKey(runId: string): Promise<string | undefined>;
  /** Takes the key again for a run that is to go on after its end. False: another one has it; the run is queued. */
  takeKey(runId: string): Promise<boolean>;
  /** Has the sweeper find the run's conversation from `at` on; undefined: not at all. */
  setDue(runId: string, at: number | undefined): Promise<void>;
}

export interface RunFilter {
  readonly workflow?: string;
  readonly states?: readonly RunState[];
  readonly parentId?: string;
  /** Older than this run: the next page. */
  readonly beforeId?: string;
}

/** Reads outside a transaction. */
export interface WorkflowReads {
  run(id: string): Promise<RunRecord | undefined>;
  runByDedupKey(key: string): Promise<RunRecord | undefined>;
  /** The newest first. */
  runs(filter: RunFilter, limit: number): Promise<readonly RunRecord[]>;
  /** In the order in which they were begun. */
  steps(runId: string): Promise<readonly StepRow[]>;
  progress(runId: string, path: string, attempt: number): Promise<readonly AskProgress[]>;
  definition(hash: string): Promise<string | undefined>;
}

const prefix = "workflow:";

/** The conversation in which a run is worked on. */
export function runConversation(runId: string): string {
  return `${prefix}${runId}`;
}

/** Undefined: it is another conversation. */
export function parseRunConversation(conversation: string): string | undefined {
  return conversation.startsWith(prefix) ? conversation.slice(prefix.length) : undefined;
}
