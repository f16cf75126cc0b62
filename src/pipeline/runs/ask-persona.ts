import { runAgent, type AgentRun } from "../../agent/loop.ts";
import { formatSystemPrompt } from "../../agent/prompt.ts";
import { AppError } from "../../core/errors.ts";
import type { Persona } from "../../core/persona.ts";
import type { AskRequest, AskResult, WorkflowDeps } from "../../scheduler/run/contracts.ts";
import { createQuestions } from "../approvals.ts";
import { decideCall } from "../decide-call.ts";
import type { PipelineDeps } from "../deps.ts";
import { createTurnUsage } from "../turn-usage.ts";

/**
 * Has a persona do one "ask" step of a run: the same loop as for a message, without a history. Each step is journalled
 * with the run; calls that need a person rest with it.
 */
export function createRunAsk(deps: PipelineDeps, toolPlace: WorkflowDeps["toolPlace"]): WorkflowDeps["ask"] {
  return async function ask(request: AskRequest): Promise<AskResult> {
    const { run, conversation, turnId, signal } = request;
    const settings = deps.settings();
    const persona = findPersona(deps, request.persona);
    const spender = { conversation, person: run.cause.by, persona };
    deps.budget.check(spender);
    const model = deps.models().get(deps.pickModel({}, persona));
    const usage = createTurnUsage(deps, spender, model.id);
    const prompt = formatPrompt(request);
    const named = new Set(
      request.finished.flatMap(({ message }) =>
        message.content.flatMap((part) => (part.type === "toolCall" ? [part.name] : [])),
      ),
    );
    const tools =
      request.tools === undefined
        ? deps.pickTools(persona, prompt, named)
        : deps.tools(persona).filter(({ name }) => request.tools?.includes(name));
    const agentRun: AgentRun = {
      model,
      system: formatSystemPrompt({
        persona,
        ownerName: settings.ownerName,
        timeZone: settings.timeZone,
        now: deps.now(),
        channel: "workflow",
        isGroup: false,
        summary: undefined,
        goal: undefined,
      }),
      messages: [
        { role: "user", content: [{ type: "text", text: prompt, ...(request.isTainted ? { isOutside: true } : {}) }] },
      ],
      tools,
      maxSteps: Math.min(persona.maxSteps, settings.maxSteps),
      ...(persona.temperature === undefined ? {} : { temperature: persona.temperature }),
      toolContext: { conversation, ...(await toolPlace(run)), turnId, now: deps.now },
      finished: request.finished,
      isTainted: request.isTainted,
      signal,
      hooks: {
        onText: () => deps.reach?.("in-model-call"),
        saveStep: (step, commits) => usage.saveWith((saveUsage) => request.saveStep(step, [...commits, saveUsage])),
        pollMail: async () => {
          deps.budget.check(spender);
          return undefined;
        },
        decideCall: async (call, tool, isTainted) =>
          decideCall(request.approvals.get(call.id), {
            effect: tool.effect,
            isTainted,
            safetyMode: settings.safetyMode,
            role: run.cause.role,
            ...(persona.approve === undefined ? {} : { approve: persona.approve }),
          }),
        onSpend: (spend) => {
          usage.add(spend);
          request.onSpend(spend.costMicros ?? 0);
        },
        onFault: (error, tool) =>
          deps.log.error(
            { tool, error: error instanceof Error ? error.stack : String(error) },
            "A tool failed in an unexpected way.",
          ),
      },
    };
    const outcome = await runAgent(agentRun).finally(usage.save);
    if (outcome.kind === "waiting")
      return {
        kind: "waiting",
        questions: createQuestions(
          deps,
          { conversation, turnId, place: await deps.ownerPlace(), expiresAt: deps.now() + settings.approvalMs },
          outcome.calls,
        ),
      };
    if (outcome.text.trim() === "")
      throw new AppError("model-failed", "The model gave an empty answer.", { retryAfterMs: 1_000 });
    const isOutside = request.isTainted || outcome.steps.some(({ message }) => message.content.some(isOutsidePart));
    return { kind: "answer", text: outcome.text, isOutside };
  };
}

function isOutsidePart(part: { readonly isOutside?: boolean } | object): boolean {
  return "isOutside" in part && part.isOutside;
}

function findPersona(deps: Pick<PipelineDeps, "personas">, name: string): Persona {
  const persona = deps.personas().get(name);
  if (persona !== undefined) return persona;
  throw new AppError("not-found", `There is no persona "${name}".`, { hint: "`/persona` lists those there are." });
}

function formatPrompt({ prompt, outputSchema }: AskRequest): string {
  if (outputSchema === undefined) return prompt;
  return `${prompt}\n\nAnswer with JSON only, no fence and no words around it, that fits this JSON Schema:\n${JSON.stringify(outputSchema)}`;
}
