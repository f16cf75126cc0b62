import type { ReceiveOutcome } from "./core/channel.ts";
import type { InboundMessage } from "./core/message.ts";
import type { PipelineDeps } from "./pipeline/deps.ts";
import { createReactionReader } from "./pipeline/reactions.ts";
import { createReceiver } from "./pipeline/receive.ts";
import { createUrgentPicker, type UrgentDeps } from "./pipeline/urgent.ts";

/** The front door, over the parts that the turns use too. */
export function joinReceive(
  pipeline: PipelineDeps,
  options: Pick<UrgentDeps, "drafts" | "onAnswered"> & { readonly debounceMs: () => number },
): (message: InboundMessage) => Promise<ReceiveOutcome> {
  const { activeTurns, deliverer, now, store } = pipeline;
  const { debounceMs, drafts, onAnswered } = options;
  return createReceiver({
    store,
    queue: pipeline.queue,
    log: pipeline.log,
    now,
    debounceMs,
    ownerIds: pipeline.ownerIds,
    policy: pipeline.policy,
    pickUrgent: createUrgentPicker({
      store,
      now,
      stopTurn: (conversation) => activeTurns.stop(conversation),
      onAnswered,
      drafts,
    }),
    readReaction: createReactionReader(store),
    onRevision: (conversation) => activeTurns.onRevision(conversation),
    onMail: (conversation, policy) => activeTurns.onMail(conversation, policy.midTurn),
    onOutbox: (messages) => deliverer.sendNow(messages, false),
  });
}
