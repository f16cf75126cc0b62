import { textOf } from "../agent/context.ts";
import { describeError } from "../core/errors.ts";
import type { InboundMessage } from "../core/message.ts";
import type { ModelMessage } from "../core/model.ts";
import type { PipelineDeps } from "./deps.ts";
import type { Context } from "./load-context.ts";

const maxTokens = 1_200;

/**
 * The mail with what is remembered about it before it; the mail itself where that is nothing. A memory that fails is no
 * reason to leave people without an answer.
 */
export async function addRecalled(
  deps: Pick<PipelineDeps, "memory" | "log">,
  mail: ModelMessage,
  last: InboundMessage,
  conversation: string,
  context: Context,
): Promise<{ readonly mail: ModelMessage; readonly isOutside: boolean }> {
  const { memory, log } = deps;
  if (memory === undefined || mail.role !== "user") return { mail, isOutside: false };
  try {
    const recalled = await memory.recallForTurn(
      { conversation, person: last.sender.id, isGroup: last.isGroup },
      textOf(mail),
      { shownSince: context.kept[0]?.at, maxTokens },
    );
    if (recalled === undefined) return { mail, isOutside: false };
    const { text, isOutside } = recalled;
    const part = { type: "text" as const, text, ...(isOutside ? { isOutside } : {}) };
    return { mail: { ...mail, content: [part, ...mail.content] }, isOutside };
  } catch (error) {
    log.warn({ conversation, error: describeError(error) }, "What is remembered could not be looked up.");
    return { mail, isOutside: false };
  }
}
