import { checkInput } from "../../../core/check-input.ts";
import { AppError, isAppError } from "../../../core/errors.ts";
import type { Tool, ToolOutput } from "../../../core/tool.ts";
import { runConversation, type StepRow } from "../../../core/workflow-run.ts";
import type { ToolStep } from "../../../core/workflow.ts";
import { parkForAnswers, readQuestions } from "../open-questions.ts";
import {
  CutOff,
  attemptId,
  idempotencyKey,
  questionPlace,
  saveDone,
  withTimeout,
  type StepContext,
  type StepResult,
} from "../step-context.ts";

/** How long people have to allow a call. */
const approvalMs = 86_400_000;
const maxOutputChars = 200_000;

/**
 * One call of a tool, after the policy, and where it says so a person, allowed it. A call that was cut off is made
 * again only where that does no harm; otherwise nobody can tell, and it is left to people.
 */
export async function runTool(step: ToolStep, path: string, context: StepContext): Promise<StepResult> {
  const { journal, deps, expressions, scope } = context;
  const tool = deps.tool(step.tool);
  if (tool === undefined)
    throw new AppError("not-found", `There is no tool "${step.tool}".`, {
      hint: "Look with /tools which there are; some are there only when their service is configured.",
    });
  const mayRepeat = step.isRepeatable || tool.effect === "read" || deps.mayRepeat?.(tool) === true;
  const before = journal.row(path);
  if (before?.state === "started" && !mayRepeat) throw new CutOff("The call was cut off when the service ended.");
  const isResumed = before?.state === "started" || before?.state === "waiting";
  let row = isResumed
    ? before
    : { ...journal.begin(path, "tool"), input: expressions.fill(step.with, scope.variables()) };
  const fault = checkInput(tool.inputSchema, row.input);
  if (fault !== undefined) throw new AppError("bad-input", `The input of ${tool.name} is not valid: ${fault}`);
  const asked = row.state === "waiting" ? await readQuestions(context, row) : undefined;
  if (asked?.kind === "open") return asked.parked;
  const decision = await deps.decideCall({
    run: journal.run,
    tool,
    input: row.input,
    isTainted: journal.isTainted(),
    approval: asked?.approvals[0],
  });
  if (decision.verdict === "deny") throw new AppError("forbidden", decision.reason);
  if (decision.verdict === "ask") return askPerson(tool, row, decision.reason, context);
  if (!mayRepeat) {
    row = { ...row, state: "started" };
    await journal.save([row]);
  }
  const output = await call(tool, row, step.timeoutMs ?? tool.timeoutMs, mayRepeat, context);
  const done = { ...row, output: readOutput(output.text, tool.maxOutputChars), isOutside: output.isOutside };
  return saveDone(context, done, output.commit);
}

async function askPerson(tool: Tool, row: StepRow, reason: string, context: StepContext): Promise<StepResult> {
  const { deps, journal } = context;
  if (row.state === "waiting")
    throw new AppError("forbidden", "A person was asked, and their answer does not allow it.");
  const place = questionPlace(context, row, deps.now() + approvalMs);
  const questions = await deps.askAboutCall(place, { tool, input: row.input, reason });
  if (!questions.approvals.some(({ state }) => state === "pending"))
    throw new AppError("forbidden", "This needs a person's approval, and nobody could be asked; it was not done.");
  const waiting: StepRow = { ...row, state: "waiting" };
  await journal.save([waiting], (transaction) => questions.save(transaction));
  deps.sendNow(questions.cards);
  return parkForAnswers(context, waiting, questions.approvals);
}

async function call(
  tool: Tool,
  row: StepRow,
  timeoutMs: number,
  mayRepeat: boolean,
  context: StepContext,
): Promise<ToolOutput> {
  const { deps, journal } = context;
  const place = await deps.toolPlace(journal.run);
  try {
    return await withTimeout(context.signal, timeoutMs, `The tool ${tool.name}`, (signal) =>
      tool.run(row.input, {
        ...place,
        conversation: runConversation(row.runId),
        isTainted: journal.isTainted(),
        turnId: attemptId(row),
        idempotencyKey: idempotencyKey(row),
        signal,
        now: deps.now,
      }),
    );
  } catch (error) {
    if (context.signal.aborted || mayRepeat) throw error;
    if (isAppError(error) && error.code !== "timeout" && error.code !== "aborted") throw error;
    if (isAppError(error)) throw new CutOff(error.message);
    deps.log.error(
      { tool: tool.name, error: error instanceof Error ? error.stack : String(error) },
      "A tool failed in an unexpected way.",
    );
    throw new CutOff(`The tool ${tool.name} failed in an unexpected way.`);
  }
}

/** What is JSON is given on as such; everything else as the text it is. */
function readOutput(text: string, maxChars: number): unknown {
  const limit = Math.min(maxChars, maxOutputChars);
  if (text.length > limit)
    return `${text.slice(0, limit).toWellFormed()}\n[cut: ${text.length - limit} more characters]`;
  if (!/^\s*[{[]/.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
