import { AppError } from "../core/errors.ts";
import type { Model, ModelMessage, Spend, ToolDescription } from "../core/model.ts";
import type { StepRecord, StoreTransaction } from "../core/store.ts";
import type { Tool, ToolContext } from "../core/tool.ts";
import { charsPerToken, isOutside, sumTokens } from "./context.ts";
import { fitSteps } from "./fit-steps.ts";
import { addNotice, findCircle } from "./repeats.ts";
import { runModelStep, type ModelStep, type ToolCall } from "./step.ts";
import { findInputFault, refuseCall, runToolCall, type CallOutcome, type ToolResult } from "./tool-call.ts";

/** Calls that one step may ask for; what is more is refused. */
const maxCallsPerStep = 50;
/** Reading calls that run at the same time. */
const maxSideBySide = 8;
/** The part of a model's context that one request may fill, by our estimate; the answer comes on top. */
const requestShare = 0.75;

/** May this call run? "ask": a person has to say so first; then the answer comes back through `decideCall`. */
export type CallDecision =
  | { readonly verdict: "allow" }
  | { readonly verdict: "deny"; readonly reason: string }
  | { readonly verdict: "ask"; readonly reason: string };

/** Everything the loop needs from outside. A hook that throws ends the turn with that error. */
export interface AgentHooks {
  /** The whole text of the current step so far. Must not throw. */
  onText(text: string): void;
  /** Stores a step durably, together with the tools' own work for the store. */
  saveStep(step: StepRecord, commits: ReadonlyArray<(transaction: StoreTransaction) => Promise<void>>): Promise<void>;
  decideCall(call: ToolCall, tool: Tool, isTainted: boolean): Promise<CallDecision>;
  /** Called before every model step: mail that arrived meanwhile and shall be seen now. */
  pollMail(): Promise<ModelMessage | undefined>;
  /** Called after every call of the model, one that failed half-way included. May throw "budget-exhausted" to stop before the next one. */
  onSpend(spend: Spend): void;
  onFault(error: unknown, tool: string): void;
}

export interface AgentRun {
  readonly model: Model;
  readonly system: string;
  /** History and the mail to answer. */
  readonly messages: readonly ModelMessage[];
  readonly tools: readonly Tool[];
  readonly maxSteps: number;
  readonly temperature?: number;
  readonly maxTokens?: number;
  readonly toolContext: Omit<ToolContext, "idempotencyKey" | "signal">;
  /** Steps finished before a crash or an approval: read, not repeated. */
  readonly finished: readonly StepRecord[];
  /** Is there text from outside already? */
  readonly isTainted: boolean;
  readonly signal: AbortSignal;
  readonly hooks: AgentHooks;
}

export type AgentOutcome =
  /** The final message, not journalled yet: commit it with the turn. */
  | {
      readonly kind: "answer";
      readonly text: string;
      readonly steps: readonly StepRecord[];
      readonly final: ModelMessage;
      /** These are our words, not the model's: it came to no end. */
      readonly isStopped?: true;
    }
  /** Calls that wait for a person; everything before them is journalled. */
  | {
      readonly kind: "waiting";
      readonly calls: ReadonlyArray<{ call: ToolCall; tool: Tool; reason: string }>;
      readonly steps: readonly StepRecord[];
      readonly isTainted: boolean;
    };

/**
 * Think, act, observe, until the model is done or out of steps. Every model step with tool calls and every result is
 * stored before the next begins, so that a killed turn goes on where it was. Throws AppError: "aborted",
 * "model-failed", "budget-exhausted", "lease-lost".
 */
export async function runAgent(run: AgentRun): Promise<AgentOutcome> {
  const { hooks, signal } = run;
  const steps = [...run.finished];
  const descriptions = run.tools.map(describeTool);
  const tools = new Map(run.tools.map((tool) => [tool.name, tool]));
  let isTainted = run.isTainted || steps.some((step) => isOutside(step.message));

  for (;;) {
    const open = openCalls(steps);
    if (open !== undefined) {
      const asked = await runCalls(open.step, open.calls);
      if (asked.length > 0) return { kind: "waiting", calls: asked, steps, isTainted };
    }
    const mail = await hooks.pollMail();
    if (mail !== undefined) {
      await save({ message: mail, startedCalls: [] });
      if (isOutside(mail)) isTainted = true;
    }
    const circle = findCircle(steps);
    if (circle.isToBeStopped)
      return stop(
        `I stopped because I made the same call again and again (${circle.names.join(", ")}) and learned nothing new from it. Tell me what to try instead.`,
      );
    const modelSteps = steps.filter((step) => step.message.role === "assistant").length;
    if (modelSteps >= run.maxSteps)
      return stop(
        `I stopped after ${run.maxSteps} steps without reaching an end. Tell me to go on, or ask for a smaller part.`,
      );
    const said = await runModelStep(
      run.model,
      {
        system: run.system,
        messages: [...run.messages, ...fitSteps(steps, roomForSteps())],
        tools: descriptions,
        cacheKey: run.toolContext.conversation,
        ...(run.temperature === undefined ? {} : { temperature: run.temperature }),
        ...(run.maxTokens === undefined ? {} : { maxTokens: run.maxTokens }),
      },
      signal,
      hooks.onText,
      hooks.onSpend,
    );
    const step = nameCallsApart(said, steps);
    if (step.calls.length === 0) return { kind: "answer", text: step.text, steps, final: step.message };
    await save({ message: step.message, startedCalls: [] });
  }

  /** In tokens, beside the prompt that the turn began with. */
  function roomForSteps(): number {
    if (steps.length === 0) return 0;
    const prompt = (run.system.length + JSON.stringify(descriptions).length) / charsPerToken;
    return Math.max(0, run.model.contextTokens * requestShare - prompt - sumTokens(run.messages));
  }

  function stop(text: string): AgentOutcome {
    const final: ModelMessage = { role: "assistant", content: [{ type: "text", text }] };
    return { kind: "answer", text, steps, final, isStopped: true };
  }

  /** Reading calls side by side, others one after the other; those that need a person are handed back. */
  async function runCalls(step: StepRecord, calls: readonly ToolCall[]) {
    const asked: Array<{ call: ToolCall; tool: Tool; reason: string }> = [];
    const reads: Array<{ call: ToolCall; tool: Tool }> = [];
    const others: Array<{ call: ToolCall; tool: Tool }> = [];
    const settled: ToolResult[] = [];
    for (const call of calls) {
      const tool = tools.get(call.name);
      const fault = findFault(step, call, tool);
      if (fault !== undefined || tool === undefined) {
        settled.push(refuseCall(call, fault ?? ""));
      } else {
        const decision = await hooks.decideCall(call, tool, isTainted);
        if (decision.verdict === "deny") settled.push(refuseCall(call, decision.reason));
        else if (decision.verdict === "ask") asked.push({ call, tool, reason: decision.reason });
        else (tool.effect === "read" ? reads : others).push({ call, tool });
      }
    }
    const outcomes = await runSideBySide(reads);
    settled.push(...outcomes.map((outcome) => outcome.result));
    if (settled.length > 0)
      await saveResults(
        settled,
        outcomes.flatMap((outcome) => outcome.commit ?? []),
      );
    for (const { call, tool } of others) {
      // A result from outside that came in a moment ago binds the calls behind it too.
      const decision = await hooks.decideCall(call, tool, isTainted);
      if (decision.verdict === "ask") {
        asked.push({ call, tool, reason: decision.reason });
        continue;
      }
      if (decision.verdict === "deny") {
        await saveResults([refuseCall(call, decision.reason)], []);
        continue;
      }
      await markStarted(step, call);
      const outcome = await runCall(call, tool);
      await saveResults([outcome.result], outcome.commit === undefined ? [] : [outcome.commit]);
    }
    return asked;
  }

  /** Why a call is not even thought about. */
  function findFault(step: StepRecord, call: ToolCall, tool: Tool | undefined): string | undefined {
    if (step.startedCalls.includes(call.id))
      return "This call was cut off by a restart. It may or may not have taken effect. Do not repeat it; tell the person.";
    if (tool === undefined)
      return `There is no tool "${call.name.slice(0, 60)}". Available: ${[...tools.keys()].join(", ") || "none"}.`;
    const asked = step.message.content.filter(({ type }) => type === "toolCall");
    if (asked.findIndex((part) => part.type === "toolCall" && part.id === call.id) >= maxCallsPerStep)
      return `A step may ask for at most ${maxCallsPerStep} calls; this one was not done.`;
    return findInputFault(call, tool);
  }

  async function runSideBySide(reads: ReadonlyArray<{ call: ToolCall; tool: Tool }>): Promise<readonly CallOutcome[]> {
    const outcomes: CallOutcome[] = [];
    const waiting = reads.entries();
    const workOff = async (): Promise<void> => {
      for (const [index, { call, tool }] of waiting) outcomes[index] = await runCall(call, tool);
    };
    await Promise.all(Array.from({ length: Math.min(maxSideBySide, reads.length) }, workOff));
    return outcomes;
  }

  async function runCall(call: ToolCall, tool: Tool): Promise<CallOutcome> {
    const outcome = await runToolCall(call, tool, {
      ...run.toolContext,
      isTainted,
      idempotencyKey: `${run.toolContext.turnId}:${call.id}`,
      signal,
    });
    if (outcome.fault !== undefined) hooks.onFault(outcome.fault, tool.name);
    return outcome;
  }

  async function markStarted(step: StepRecord, call: ToolCall): Promise<void> {
    const index = steps.findIndex((other) => other.index === step.index);
    const marked = { ...(steps[index] ?? step), startedCalls: [...(steps[index] ?? step).startedCalls, call.id] };
    await hooks.saveStep(marked, []);
    steps[index] = marked;
  }

  async function saveResults(
    results: readonly ToolResult[],
    commits: ReadonlyArray<(transaction: StoreTransaction) => Promise<void>>,
  ): Promise<void> {
    const message = { role: "tool" as const, content: results };
    const next = [...steps, { ...(steps.at(-1) as StepRecord), message }];
    const isRoundOver = openCalls(next) === undefined;
    const content = isRoundOver && findCircle(next).isToBeTold ? addNotice(results) : results;
    await save({ message: { ...message, content }, startedCalls: [] }, commits);
    if (results.some((result) => result.isOutside)) isTainted = true;
  }

  async function save(
    step: Pick<StepRecord, "message" | "startedCalls">,
    commits: ReadonlyArray<(transaction: StoreTransaction) => Promise<void>> = [],
  ): Promise<void> {
    if (signal.aborted) throw new AppError("aborted", "The turn was stopped.");
    const record: StepRecord = { ...step, turnId: run.toolContext.turnId, index: (steps.at(-1)?.index ?? -1) + 1 };
    await hooks.saveStep(record, commits);
    steps.push(record);
  }
}

/**
 * Gives a call whose id was used before in this turn an id of its own: ids come from models, some count anew in every
 * step, and approvals, results and idempotency keys go by them.
 */
function nameCallsApart(step: ModelStep, steps: readonly StepRecord[]): ModelStep {
  const used = new Set([
    "",
    ...steps.flatMap(({ message }) => message.content.flatMap((part) => (part.type === "toolCall" ? [part.id] : []))),
  ]);
  const named = step.message.content.map((part) => {
    if (part.type !== "toolCall") return part;
    let { id } = part;
    for (let count = 2; used.has(id); count += 1) id = `${part.id}_${count}`;
    used.add(id);
    return { ...part, id };
  });
  return {
    ...step,
    message: { ...step.message, content: named },
    calls: named.filter((part) => part.type === "toolCall"),
  };
}

/**
 * The steps of a turn that ends before its time, with a result for every call: a provider refuses a history in which
 * one is missing.
 */
export function closeOpenCalls(steps: readonly StepRecord[]): readonly StepRecord[] {
  const open = openCalls(steps);
  if (open === undefined) return steps;
  const results = open.calls.map((call) =>
    refuseCall(
      call,
      open.step.startedCalls.includes(call.id)
        ? "This was stopped by a person. It may or may not have taken effect."
        : "This was stopped by a person before it was done.",
    ),
  );
  const index = (steps.at(-1)?.index ?? -1) + 1;
  return [...steps, { turnId: open.step.turnId, index, message: { role: "tool", content: results }, startedCalls: [] }];
}

/** Calls of the last model step that have no result yet. */
function openCalls(steps: readonly StepRecord[]): { step: StepRecord; calls: readonly ToolCall[] } | undefined {
  const step = steps.findLast(({ message }) => message.role === "assistant");
  if (step === undefined) return undefined;
  const answered = new Set(
    steps.flatMap(({ message }) => message.content.flatMap((part) => (part.type === "toolResult" ? [part.id] : []))),
  );
  const calls = step.message.content.flatMap((part) =>
    part.type === "toolCall" && !answered.has(part.id) ? [part] : [],
  );
  return calls.length === 0 ? undefined : { step, calls };
}

function describeTool(tool: Tool): ToolDescription {
  const { name, description, inputSchema, effect } = tool;
  return { name, description, inputSchema, effect };
}
