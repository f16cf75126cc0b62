import type { Logger } from "../../core/log.ts";
import type { Address, OutboundMessage } from "../../core/message.ts";
import type { WakeQueue } from "../../core/queue.ts";
import type { ApprovalRecord, Lease, StepRecord, Store, StoreTransaction } from "../../core/store.ts";
import type { Tool } from "../../core/tool.ts";
import type { RunRecord } from "../../core/workflow-run.ts";
import type { JsonSchema } from "../../core/workflow-trigger.ts";
import type { ApproveStep, SendStep, Workflow } from "../../core/workflow.ts";

/** Questions to people, one card each; the same form as those of a turn. */
export interface Questions {
  readonly approvals: readonly ApprovalRecord[];
  readonly cards: readonly OutboundMessage[];
  /** Adds the approvals and puts their cards into the outbox. */
  save(transaction: StoreTransaction): Promise<void>;
}

/** Where in a run something is asked. `conversation` is rung when it is answered. */
export interface QuestionPlace {
  readonly run: RunRecord;
  readonly stepPath: string;
  readonly conversation: string;
  /** For the approvals of this attempt: what `store.approvalsOfTurn` finds them by. */
  readonly turnId: string;
  readonly expiresAt: number;
}

export interface AskRequest {
  readonly run: RunRecord;
  readonly stepPath: string;
  readonly conversation: string;
  /** For the persona's steps, calls and approvals of this attempt; idempotency keys are made of it. */
  readonly turnId: string;
  readonly persona: string;
  readonly prompt: string;
  /** Absent: prose. The answer is checked against it here, too. */
  readonly outputSchema?: JsonSchema;
  readonly tools?: readonly string[];
  /** Is text from outside in the run already? */
  readonly isTainted: boolean;
  /** Steps finished before a crash or a question: read, not repeated. */
  readonly finished: readonly StepRecord[];
  /** The answered questions of this attempt by call id. */
  readonly approvals: ReadonlyMap<string, ApprovalRecord>;
  /** Stores a step durably together with the tools' own work, if the run is still ours. */
  saveStep(step: StepRecord, commits: ReadonlyArray<(transaction: StoreTransaction) => Promise<void>>): Promise<void>;
  /** Each time money was spent, a failed call included. */
  onSpend(costMicros: number): void;
  readonly signal: AbortSignal;
}

export type AskResult =
  | { readonly kind: "answer"; readonly text: string; readonly isOutside: boolean }
  /** Calls wait for people: the run rests until all are answered, then `ask` is called again. */
  | { readonly kind: "waiting"; readonly questions: Questions };

export type CallVerdict =
  | { readonly verdict: "allow" }
  | { readonly verdict: "deny"; readonly reason: string }
  | { readonly verdict: "ask"; readonly reason: string };

/** A run's hold on its conversation in this process: the lease is renewed until `end`. */
export interface Hold {
  readonly signal: AbortSignal;
  reason(): "stop" | "interrupt" | "lease-lost" | "shutdown" | "timeout" | undefined;
  end(): void;
}

/** Everything the engine needs from outside. */
export interface WorkflowDeps {
  readonly store: Pick<Store, "write" | "takeLease" | "workflows" | "approvalsOfTurn" | "requestStop">;
  readonly queue: Pick<WakeQueue, "wake">;
  readonly log: Logger;
  readonly now: () => number;
  /** This process, in leases. */
  readonly owner: string;
  readonly leaseMs: number;
  /** Keeps the lease while the run is worked on: `activeTurns.begin` and `end`. */
  hold(lease: Lease, shutdown: AbortSignal): Hold;
  /** The newest good version. */
  workflow(name: string): Workflow | undefined;
  /** Those with faults never get here. */
  readonly ownerInfo: () => { readonly name: string; readonly timeZone: string };
  tool(name: string): Tool | undefined;
  /** May this call run? The answer of a person who was asked comes back with it. */
  decideCall(call: {
    readonly run: RunRecord;
    readonly tool: Tool;
    readonly input: unknown;
    readonly isTainted: boolean;
    readonly approval: ApprovalRecord | undefined;
  }): Promise<CallVerdict>;
  /** May a call that was cut off simply be made again, whatever the step says? Absent: only what reads. */
  mayRepeat?(tool: Tool): boolean;
  /** A question about a gated call of a step. `approval.callId` must be "call". */
  askAboutCall(
    place: QuestionPlace,
    call: { readonly tool: Tool; readonly input: unknown; readonly reason: string },
  ): Promise<Questions>;
  /**
   * The question of an "approve" step: one approval for each entry of `approvers`, in that order, with
   * `input: GateInput`. Only whom `mayAnswerGate` lets may answer.
   */
  askApprovers(
    place: QuestionPlace,
    gate: { readonly question: string; readonly approvers: readonly string[]; readonly step: ApproveStep },
  ): Promise<Questions>;
  /** A persona's work. Throws AppError; "aborted" when the signal did. */
  ask(request: AskRequest): Promise<AskResult>;
  /** Where to send to. Undefined: nobody is there. */
  resolveAddress(to: SendStep["to"], run: RunRecord): Promise<Address | undefined>;
  /** Where a tool of this run works: place and person of its context. */
  toolPlace(run: RunRecord): Promise<Pick<Parameters<Tool["run"]>[1], "address" | "sender" | "isGroup">>;
  /** Sends what was just committed. */
  sendNow(messages: readonly OutboundMessage[]): void;
  /** The run has ended, durably. Must not throw. */
  onEnd?(run: RunRecord): void;
  /** Called after each write of the journal: where tests end the process. */
  reach?(point: "journal"): void;
}

/** Input of an approval that belongs to an "approve" step. */
export interface GateInput {
  readonly workflow: string;
  readonly runId: string;
  readonly step: string;
  /** A role, or a person's id. */
  readonly approver: string;
}

/** The tool name of such an approval. */
export const gateTool = "workflow_gate";
