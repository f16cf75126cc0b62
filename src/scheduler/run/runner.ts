import { describeError, isAppError } from "../../core/errors.ts";
import type { ApprovalRecord, ConversationState, Lease, StoreTransaction } from "../../core/store.ts";
import { openRunStates, parseRunConversation, runConversation, type RunRecord } from "../../core/workflow-run.ts";
import type { Workflow } from "../../core/workflow.ts";
import { createExpressions } from "../language/expression.ts";
import { parseWorkflow } from "../language/parse-workflow.ts";
import type { Hold, WorkflowDeps } from "./contracts.ts";
import { Halt, StepFailed } from "./halt.ts";
import { runSteps, type ListResult } from "./interpret.ts";
import { openJournal, type Journal } from "./journal.ts";
import { closeQuestions } from "./open-questions.ts";
import { createRunOrders, type RunOrders } from "./orders.ts";
import { createScope, type Scope } from "./scope.ts";
import { attemptId } from "./step-context.ts";
import { createRunStarter, type RunStarter } from "./start.ts";

/** A run that rests for a person or another run is looked at this often, whatever bells got lost. */
const lookMs = 300_000;
/** Failures of the engine itself, or of the database, before a run is given up. */
const maxAttempts = 8;
const maxKept = 200;

export interface WorkflowRunner extends RunStarter, RunOrders {
  /**
   * Works on a run as far as it goes: the handler of the bell for conversations that `parseRunConversation` knows.
   * What fails is stored with the run and rung for again; rejects only when the lease could not be asked for.
   */
  runConversation(conversation: string, shutdown: AbortSignal): Promise<void>;
}

/** The engine: runs are journalled in the store, leased and swept like conversations, and woken by the queue. */
export function createWorkflowRunner(deps: WorkflowDeps): WorkflowRunner {
  const { store, now, log } = deps;
  const expressions = createExpressions();
  const definitions = new Map<string, Workflow>();

  async function work(conversation: string, shutdown: AbortSignal): Promise<void> {
    const runId = parseRunConversation(conversation);
    if (runId === undefined || shutdown.aborted) return;
    const taken = await store.takeLease(conversation, deps.owner, now(), deps.leaseMs);
    if (taken === undefined) return; // Somebody else is at it.
    const { lease, state } = taken;
    const hold = deps.hold(lease, shutdown);
    try {
      await workOn(runId, lease, state, hold);
    } catch (error) {
      await onTrouble(runId, lease, state, hold, error);
    } finally {
      hold.end();
    }
  }

  async function workOn(runId: string, lease: Lease, state: ConversationState, hold: Hold): Promise<void> {
    const run = await store.workflows.run(runId);
    if (run === undefined || run.state !== "active")
      return store.write(async (transaction) => {
        await transaction.releaseLease(lease);
        await transaction.workflows.setDue(runId, undefined);
      });
    if (run.order === "cancel")
      return end(run, lease, state, "cancelled", { reason: run.reason ?? "It was cancelled." });
    const workflow = await loadDefinition(run);
    if (workflow === undefined)
      return end(run, lease, state, "failed", {
        reason: "The version of the workflow that it began with is not there.",
      });
    const journal = await openJournal(deps, run, lease, hold.signal);
    const scope = createScope(run, workflow, deps.ownerInfo(), now);
    let result: ListResult;
    try {
      result = await runSteps(workflow.steps, "", { deps, journal, expressions, scope, signal: hold.signal });
    } catch (error) {
      if (error instanceof StepFailed)
        return end(run, lease, state, "failed", { reason: `${error.path}: ${error.message}` });
      if (error instanceof Halt) return halt(run, lease, state, error, hold);
      throw error;
    }
    if (result.kind === "parked") return park(journal, lease, state, result);
    return finish(run, workflow, scope, lease, state);
  }

  async function loadDefinition(run: RunRecord): Promise<Workflow | undefined> {
    const known = definitions.get(run.definitionHash);
    if (known !== undefined) return known;
    const text = await store.workflows.definition(run.definitionHash);
    const { workflow } = parseWorkflow(run.workflow, text ?? "");
    if (workflow === undefined) return undefined;
    if (definitions.size >= maxKept) definitions.clear();
    definitions.set(run.definitionHash, workflow);
    return workflow;
  }

  async function finish(
    run: RunRecord,
    workflow: Workflow,
    scope: Scope,
    lease: Lease,
    state: ConversationState,
  ): Promise<void> {
    let outputs: Readonly<Record<string, unknown>>;
    try {
      outputs = expressions.fill(workflow.outputs, scope.variables()) as Readonly<Record<string, unknown>>;
    } catch (error) {
      return end(run, lease, state, "failed", { reason: `outputs: ${describeError(error)}` });
    }
    return end(run, lease, state, "done", { outputs });
  }

  /** The last transaction of a run: whoever waits for it, or for its key, goes on. */
  async function end(
    run: RunRecord,
    lease: Lease,
    conversation: ConversationState,
    state: "done" | "failed" | "cancelled",
    result: { readonly reason?: string; readonly outputs?: Readonly<Record<string, unknown>> },
  ): Promise<void> {
    const endedAt = now();
    const children = state === "cancelled" ? await store.workflows.runs({ parentId: run.id }, 1_000) : [];
    const questions = state === "done" ? [] : await findOpenQuestions(run.id);
    const orphans = children.filter((child) => openRunStates.includes(child.state));
    const next = await store.write(async (transaction) => {
      await settle(transaction, conversation);
      await transaction.releaseLease(lease);
      await transaction.workflows.updateRun(run.id, { state, endedAt, order: "none", ...result });
      await transaction.workflows.setDue(run.id, undefined);
      await closeQuestions(transaction, questions);
      for (const orphan of orphans) {
        await transaction.workflows.updateRun(
          orphan.id,
          { order: "cancel", state: "active", reason: "The workflow that started it was cancelled." },
          openRunStates,
        );
        await transaction.workflows.setDue(orphan.id, 0);
      }
      if (run.parent !== undefined) await transaction.workflows.setDue(run.parent.runId, 0);
      await transaction.audit(
        { kind: `workflow.${state}`, actor: "system", subject: run.id, details: { workflow: run.workflow } },
        endedAt,
      );
      return transaction.workflows.releaseKey(run.id);
    });
    const parent = run.parent === undefined ? [] : [run.parent.runId];
    ring(...orphans.map(({ id }) => id), ...parent, ...(next === undefined ? [] : [next]));
    deps.onEnd?.({ ...run, state, endedAt, ...result });
    deps.reach?.("journal");
  }

  async function findOpenQuestions(runId: string): Promise<readonly ApprovalRecord[]> {
    const waiting = (await store.workflows.steps(runId)).filter(({ state }) => state === "waiting");
    const asked = await Promise.all(waiting.map((row) => store.approvalsOfTurn(attemptId(row))));
    return asked.flat().filter(({ state }) => state === "pending");
  }

  /** Lets go until something is due, or somebody rings. */
  async function park(
    journal: Journal,
    lease: Lease,
    conversation: ConversationState,
    { dueAt, isReady }: Extract<ListResult, { kind: "parked" }>,
  ): Promise<void> {
    const { run } = journal;
    const lookAt = isReady === undefined ? undefined : now() + lookMs;
    const at = Math.min(dueAt ?? Number.POSITIVE_INFINITY, lookAt ?? Number.POSITIVE_INFINITY);
    const due = Number.isFinite(at) ? at : now() + lookMs;
    const order = await store.write(async (transaction) => {
      await settle(transaction, conversation);
      await transaction.releaseLease(lease);
      const asked = await transaction.workflows.saveSteps(run.id, []);
      await transaction.workflows.setDue(run.id, asked === "none" ? due : 0);
      return asked;
    });
    deps.reach?.("journal");
    // What happened while the run was still ours rang for nobody.
    if (order !== "none" || (await isReady?.()) === true) {
      await store.write((transaction) => transaction.workflows.setDue(run.id, 0));
      return ring(run.id);
    }
    // A delayed ring would take the place of the one with which somebody answers.
    if (isReady !== undefined) return;
    deps.queue.wake(runConversation(run.id), { delayMs: Math.max(0, due - now()) }).catch(() => undefined); // else the sweeper
  }

  async function halt(
    run: RunRecord,
    lease: Lease,
    state: ConversationState,
    { why }: Halt,
    hold: Hold,
  ): Promise<void> {
    // A stop that was asked for in this moment is written with the run.
    const order = why === "aborted" ? (await store.workflows.run(run.id))?.order : why;
    if (hold.reason() === "lease-lost") return;
    if (order === "cancel") {
      const reason = (await store.workflows.run(run.id))?.reason;
      return end(run, lease, state, "cancelled", { reason: reason ?? "It was cancelled." });
    }
    await store.write(async (transaction) => {
      await transaction.releaseLease(lease);
      if (order === "pause") await transaction.workflows.updateRun(run.id, { state: "paused", order: "none" });
      await transaction.workflows.setDue(run.id, order === "pause" ? undefined : 0);
    });
  }

  async function settle(transaction: StoreTransaction, { id, attempts }: ConversationState): Promise<void> {
    if (attempts > 0) await transaction.updateConversation(id, { attempts: 0 });
  }

  /** The engine or the database failed, not a step: the run is tried again, and in the end given up. */
  async function onTrouble(
    runId: string,
    lease: Lease,
    state: ConversationState,
    hold: Hold,
    error: unknown,
  ): Promise<void> {
    if (isAppError(error, "lease-lost") || hold.reason() === "lease-lost") return;
    log.error(
      { run: runId, error: error instanceof Error ? error.stack : String(error) },
      "A run could not be recorded; it goes on where it was.",
    );
    const attempts = state.attempts + 1;
    try {
      const run = await store.workflows.run(runId);
      if (run !== undefined && attempts >= maxAttempts)
        return await end(run, lease, state, "failed", { reason: describeError(error) });
      await store.write(async (transaction) => {
        await transaction.releaseLease(lease);
        await transaction.workflows.setDue(runId, now() + 1_000 * 2 ** attempts);
        await transaction.updateConversation(lease.conversation, { attempts });
      });
    } catch {
      // Where this fails too, the lease runs out: nobody renews it.
    }
  }

  function ring(...runIds: readonly string[]): void {
    for (const id of runIds) deps.queue.wake(runConversation(id)).catch(() => undefined); // else the sweeper
  }

  return { runConversation: work, ...createRunStarter(deps, ring), ...createRunOrders(deps, ring) };
}
