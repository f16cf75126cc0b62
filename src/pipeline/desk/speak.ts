import type { AgentOutcome, AgentRun } from "../../agent/loop.ts";
import { runAgent } from "../../agent/loop.ts";
import type { InboundMessage } from "../../core/message.ts";
import type { PipelineDeps } from "../deps.ts";

/** An answer in the owner's name, or word that the owner should answer themselves. */
export type Spoken =
  | { readonly kind: "text"; readonly text: string; readonly score?: number }
  | { readonly kind: "for-owner"; readonly note: string };

/** Personas that write for the owner begin so when nothing should be written. */
const forOwner = /^\s*for you:\s*/i;

/**
 * Brings an answer nearer to how the owner writes: once by the model where it lies outside the owner's range, then by
 * fixed habits. A rewrite that fails leaves the answer as it was. Throws AppError as runAgent does on aborts.
 */
export async function speakAsOwner(
  deps: Pick<PipelineDeps, "voice" | "log">,
  run: AgentRun,
  answer: Extract<AgentOutcome, { kind: "answer" }>,
  question: InboundMessage,
): Promise<Spoken> {
  if (forOwner.test(answer.text)) return { kind: "for-owner", note: answer.text.replace(forOwner, "").trim() };
  // Words of ours are never sent as the owner's.
  if (answer.text.trim() === "") return { kind: "for-owner", note: "the model wrote nothing." };
  if (answer.isStopped === true) return { kind: "for-owner", note: "the model came to no end with it." };
  const finished = await deps.voice.finish(question, answer.text);
  if (finished.rewrite === undefined) return toText(finished);
  const again = await rewrite(run, answer, finished.rewrite);
  if (again === undefined || forOwner.test(again)) return toText(finished);
  const second = await deps.voice.finish(question, again);
  // It may have gone the wrong way.
  return toText((second.score ?? 0) >= (finished.score ?? 0) ? second : finished);
}

function toText({ text, score }: { readonly text: string; readonly score?: number }): Spoken {
  return { kind: "text", text, ...(score === undefined ? {} : { score }) };
}

/** The same conversation with one more request, without tools and without a journal: it has no effect but its text. */
async function rewrite(
  run: AgentRun,
  answer: Extract<AgentOutcome, { kind: "answer" }>,
  instruction: string,
): Promise<string | undefined> {
  const outcome = await runAgent({
    ...run,
    messages: [
      ...run.messages,
      ...answer.steps.map(({ message }) => message),
      answer.final,
      { role: "user", content: [{ type: "text", text: instruction }] },
    ],
    tools: [],
    maxSteps: 1,
    finished: [],
    hooks: { ...run.hooks, onText: () => undefined, saveStep: async () => undefined, pollMail: async () => undefined },
  });
  const text = outcome.kind === "answer" ? outcome.text.trim() : "";
  return text === "" ? undefined : text;
}
