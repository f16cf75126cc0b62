import { compactHistory } from "../agent/compact.ts";
import { isOutside, pickContext, textOf } from "../agent/context.ts";
import type { Model, Spend } from "../core/model.ts";
import type { ConversationState, Lease, StoredMessage } from "../core/store.ts";
import type { PipelineDeps } from "./deps.ts";
import type { TurnWork } from "./turn-work.ts";

const maxHistory = 200;
/** The part of a model's context that history may fill; the rest is for the prompt, tools and the answer. */
const historyShare = 0.6;

/** What a turn knows of what was said before. */
export interface Context {
  readonly kept: readonly StoredMessage[];
  readonly summary: string | undefined;
  readonly goal: string | undefined;
  readonly isOutside: boolean;
}

/** History within the token budget; what does not fit is summarised first, and the summary stored. */
export async function loadContext(
  deps: PipelineDeps,
  lease: Lease,
  state: ConversationState,
  work: TurnWork,
  model: Model,
  signal: AbortSignal,
  onSpend: (spend: Spend) => void,
): Promise<Context> {
  const history = (
    await deps.store.history(state.id, {
      session: state.session,
      afterSeq: state.summarySeq,
      limit: maxHistory,
      hasPins: state.hasPins,
    })
  ).filter((message) => message.turnId !== work.id);
  const maxTokens = Math.floor(Math.min(deps.settings().historyTokens, model.contextTokens * historyShare));
  // What falls behind the reading limit is never seen again: it is summarised when half of that is full.
  const isHalfFull = history.length > maxHistory / 2;
  const { kept, left } = pickContext(history, maxTokens, isHalfFull ? maxHistory / 4 : undefined);
  let { summary, isSummaryOutside } = state;
  if (left.length > 0) {
    const compaction = await compactHistory(model, summary, left, signal, onSpend);
    summary = compaction.summary;
    isSummaryOutside ||= left.some(({ message }) => isOutside(message));
    await deps.store.write(async (transaction) => {
      await transaction.checkFence(lease);
      await transaction.updateConversation(state.id, { ...compaction, isSummaryOutside });
    });
  }
  const goal = summary === undefined ? undefined : (await deps.store.firstMessage(state.id, state.session))?.message;
  return {
    kept: joinMail(kept),
    summary,
    goal: goal && textOf(goal).slice(0, 500).toWellFormed(),
    isOutside: (summary !== undefined && isSummaryOutside) || kept.some(({ message }) => isOutside(message)),
  };
}

/** Mail of one turn was one message to the model, and stays one: the beginning of a prompt is cached by its bytes. */
function joinMail(messages: readonly StoredMessage[]): readonly StoredMessage[] {
  const joined: StoredMessage[] = [];
  for (const each of messages) {
    const before = joined.at(-1);
    if (each.message.role !== "user" || before?.message.role !== "user" || before.turnId !== each.turnId)
      joined.push(each);
    else {
      const content = [...before.message.content, ...each.message.content];
      joined[joined.length - 1] = { ...before, message: { role: "user", content } };
    }
  }
  return joined;
}
