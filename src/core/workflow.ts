import type { JsonSchema, WorkflowTrigger } from "./workflow-trigger.ts";

/*
 * A workflow: what is to be done, step by step, when something happens. Read from YAML; plain data, checked when it is
 * read, so that whoever holds one may rely on its names and expressions. Expressions are CEL; a template is text that
 * may hold `{{ expression }}`, and one that is nothing but an expression keeps the type of its value.
 */

/** Names are those of files, too, and stand in addresses. */
export const workflowName = /^[a-z0-9][a-z0-9-]{0,59}$/;

export const workflowGroups = ["development", "operations", "security", "daily-life", "research", "messaging"] as const;
export type WorkflowGroup = (typeof workflowGroups)[number];

export const inputTypes = ["text", "number", "boolean", "list", "object"] as const;
export type InputType = (typeof inputTypes)[number];

export interface WorkflowInput {
  readonly type: InputType;
  readonly default?: unknown;
  readonly isRequired: boolean;
  readonly description?: string;
}

export interface Concurrency {
  /** With a run of the same key under way: start none, wait for it, or end it and take its place. */
  readonly policy: "skip" | "queue" | "replace";
  /** Template; absent: all runs of the workflow exclude each other. */
  readonly key?: string;
}

export interface StepRetry {
  /** The first one included. */
  readonly attempts: number;
  /** Before the second attempt; doubled before each further one. */
  readonly backoffMs: number;
}

interface StepBase {
  /** Unique within the workflow. */
  readonly id: string;
  /** Expression; the step is skipped where it is false. */
  readonly if?: string;
  /** Of one attempt; of an approval, how long people have. */
  readonly timeoutMs?: number;
  readonly retry?: StepRetry;
  /** "fail" ends the run; steps run in its place and the run goes on. */
  readonly onError: "fail" | "continue" | readonly Step[];
}

export interface AskStep extends StepBase {
  readonly kind: "ask";
  readonly persona: string;
  readonly prompt: string;
  /** JSON Schema of the answer; absent: prose. */
  readonly output?: JsonSchema;
  /** Names; absent: those of the persona. */
  readonly tools?: readonly string[];
}
export interface ToolStep extends StepBase {
  readonly kind: "tool";
  readonly tool: string;
  /** Values may hold templates, at any depth. */
  readonly with: Readonly<Record<string, unknown>>;
  /** The service knows our idempotency key: a call that was cut off is simply made again. */
  readonly isRepeatable: boolean;
}
export interface SendStep extends StepBase {
  readonly kind: "send";
  /** "owner", a person's id, or an address; texts may hold templates. */
  readonly to: string | { readonly channel: string; readonly chat: string; readonly thread?: string };
  readonly text: string;
  readonly subject?: string;
}
export interface ApproveStep extends StepBase {
  readonly kind: "approve";
  readonly question: string;
  /** Roles ("owner", "admin") or ids of people. */
  readonly approvers: readonly string[];
  /** How many different people have to agree. */
  readonly needs: number;
  /** What it counts as when nobody answers in time. */
  readonly default: "approve" | "deny";
}
export interface SwitchStep extends StepBase {
  readonly kind: "switch";
  readonly cases: readonly { readonly when: string; readonly steps: readonly Step[] }[];
  readonly else: readonly Step[];
}
export interface EachStep extends StepBase {
  readonly kind: "each";
  /** Expression that gives a list. */
  readonly list: string;
  readonly as: string;
  /** Items worked on at a time. */
  readonly limit: number;
  readonly steps: readonly Step[];
}
export interface WaitStep extends StepBase {
  readonly kind: "wait";
  /** A duration such as "10m", a template that gives one, or an expression: a time, or true when it is over. */
  readonly for?: string;
  readonly until?: string;
}
export interface SubWorkflowStep extends StepBase {
  readonly kind: "workflow";
  readonly workflow: string;
  readonly with: Readonly<Record<string, unknown>>;
}

export type Step = AskStep | ToolStep | SendStep | ApproveStep | SwitchStep | EachStep | WaitStep | SubWorkflowStep;
export type StepKind = Step["kind"];

export interface Workflow {
  /** File name without its ending; the same as `name` in the file. */
  readonly name: string;
  readonly description: string;
  readonly group: WorkflowGroup;
  readonly inputs: Readonly<Record<string, WorkflowInput>>;
  /** By hand is always possible. */
  readonly triggers: readonly WorkflowTrigger[];
  readonly concurrency?: Concurrency;
  readonly steps: readonly Step[];
  /** Templates over all steps. */
  readonly outputs: Readonly<Record<string, unknown>>;
  /** The file as it was read: a run keeps it and ends with the version it began with. */
  readonly text: string;
}
