import type { Approval } from "../inbox/desk-types.ts";

/* What the server says of workflows and their runs: /openapi.json describes it. Times are milliseconds since 1970. */

export interface WorkflowInput {
  readonly name: string;
  readonly type: "text" | "number" | "boolean" | "list" | "object";
  readonly isRequired: boolean;
  readonly default?: unknown;
  readonly description?: string;
}

export interface Workflow {
  readonly name: string;
  readonly description: string;
  readonly group: string;
  readonly isOwn: boolean;
  readonly isOld: boolean;
  readonly inputs: readonly WorkflowInput[];
  readonly triggers: readonly string[];
  readonly nextAt?: number;
}

export interface WorkflowList {
  readonly workflows: readonly Workflow[];
  readonly faults: readonly {
    readonly file: string;
    readonly line: number;
    readonly column: number;
    readonly problem: string;
  }[];
  readonly digests: readonly { readonly name: string; readonly when: string; readonly nextAt?: number }[];
  readonly timeZone: string;
}

export interface WorkflowDetail extends Workflow {
  readonly graphSvg: string;
  readonly nextTimes: readonly number[];
}

export interface Run {
  readonly id: string;
  readonly workflow: string;
  readonly state: "queued" | "active" | "paused" | "done" | "failed" | "cancelled" | "skipped";
  readonly order: "none" | "pause" | "cancel";
  readonly cause: "manual" | "cron" | "message" | "webhook" | "event" | "workflow";
  readonly by: string;
  readonly reason?: string;
  readonly createdAt: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
}

export interface Step {
  readonly path: string;
  readonly kind: string;
  readonly state: "started" | "waiting" | "retrying" | "done" | "skipped" | "failed" | "uncertain" | "reset";
  readonly attempt: number;
  readonly input: string;
  readonly output: string;
  readonly error?: string;
  readonly costMicros: number;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly dueAt?: number;
}

export interface RunDetail extends Run {
  readonly inputs: string;
  readonly outputs: string;
  readonly steps: readonly Step[];
  readonly costMicros: number;
  readonly approvals: readonly Approval[];
  readonly graphSvg: string;
  readonly seq: number;
}

export type RunCommand =
  | { readonly command: "cancel" | "pause" | "resume" }
  | { readonly command: "retry"; readonly from?: string };
