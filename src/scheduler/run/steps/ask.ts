import { checkInput } from "../../../core/check-input.ts";
import { AppError } from "../../../core/errors.ts";
import type { StepRecord } from "../../../core/store.ts";
import { runConversation, type StepRow } from "../../../core/workflow-run.ts";
import type { AskStep } from "../../../core/workflow.ts";
import { closeQuestions, parkForAnswers, readQuestions } from "../open-questions.ts";
import { attemptId, saveDone, withTimeout, type StepContext, type StepResult } from "../step-context.ts";

const defaultTimeoutMs = 600_000;
const maxAnswerChars = 100_000;

interface AskInput {
  readonly persona: string;
  readonly prompt: string;
}

/**
 * A persona's work. It is journalled step by step within the step: after a crash it goes on, and no call is paid or
 * made twice.
 */
export async function runAsk(step: AskStep, path: string, context: StepContext): Promise<StepResult> {
  const { journal, deps, expressions, scope } = context;
  const before = journal.row(path);
  const isResumed = before !== undefined && ["started", "waiting"].includes(before.state);
  let row = isResumed ? before : journal.begin(path, "ask");
  if (!isResumed) {
    const variables = scope.variables();
    const input: AskInput = {
      persona: expressions.fillText(step.persona, variables),
      prompt: expressions.fillText(step.prompt, variables),
    };
    row = { ...row, input };
    await journal.save([row]);
  }
  for (;;) {
    const asked = await readQuestions(context, row);
    if (asked.kind === "open") return asked.parked;
    const progress = await deps.store.workflows.progress(row.runId, path, row.attempt);
    const answered = new Map(asked.approvals.map((approval) => [approval.callId, approval]));
    let spent = row.costMicros;
    const { persona, prompt } = row.input as AskInput;
    const result = await withTimeout(
      context.signal,
      step.timeoutMs ?? defaultTimeoutMs,
      "The persona's work",
      (signal) =>
        deps.ask({
          run: journal.run,
          stepPath: path,
          conversation: runConversation(row.runId),
          turnId: attemptId(row),
          persona,
          prompt,
          ...(step.output === undefined ? {} : { outputSchema: step.output }),
          ...(step.tools === undefined ? {} : { tools: step.tools }),
          isTainted: journal.isTainted(),
          finished: progress.map(({ record }) => record as StepRecord),
          approvals: answered,
          saveStep: (record, commits) =>
            journal.saveProgress(path, row.attempt, { index: record.index, record }, commits),
          onSpend: (costMicros) => {
            spent += costMicros;
            journal.noteCost(path, spent);
          },
          signal,
        }),
    );
    if (result.kind === "answer") {
      const output = step.output === undefined ? cut(result.text) : parseAnswer(result.text, step.output);
      return saveDone(context, { ...row, output, isOutside: result.isOutside, costMicros: spent });
    }
    const { questions } = result;
    const waiting: StepRow = { ...row, state: "waiting", costMicros: spent };
    await journal.save([waiting], async (transaction) => {
      // Their time is over: what is asked now is asked anew.
      await closeQuestions(
        transaction,
        asked.approvals.filter(({ state }) => state === "expired"),
      );
      await questions.save(transaction);
    });
    deps.sendNow(questions.cards);
    row = waiting;
    if (questions.approvals.some(({ state }) => state === "pending"))
      return parkForAnswers(context, row, questions.approvals);
  }
}

/** The JSON of an answer, with or without a fence or words around it. Throws AppError when it is not what was asked for. */
export function parseAnswer(text: string, schema: Readonly<Record<string, unknown>>): unknown {
  const value = findJson(text);
  const fault = value === undefined ? "It holds no JSON." : checkInput(schema, value);
  if (fault === undefined) return value;
  throw new AppError("model-failed", `The answer is not of the form that was asked for. ${fault}`, {
    hint: "Say in the prompt what each field means, or take a stronger model.",
    retryAfterMs: 1_000,
  });
}

function findJson(text: string): unknown {
  const fenced = /```(?:json)?\s*\n([\s\S]*?)```/.exec(text)?.[1];
  const start = text.search(/[{[]/);
  const end = Math.max(text.lastIndexOf("}"), text.lastIndexOf("]"));
  for (const candidate of [text, fenced, start === -1 ? undefined : text.slice(start, end + 1)]) {
    if (candidate === undefined) continue;
    try {
      return JSON.parse(candidate) as unknown;
    } catch {
      continue;
    }
  }
  return undefined;
}

function cut(text: string): string {
  return text.length <= maxAnswerChars ? text : text.slice(0, maxAnswerChars).toWellFormed();
}
