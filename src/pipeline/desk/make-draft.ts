import type { DraftRecord } from "../../core/cdc.ts";
import { approvedPrefix } from "../../core/approved.ts";
import { createCode } from "../../core/id.ts";
import type { InboundMessage, OutboundMessage } from "../../core/message.ts";
import { say } from "../../core/say.ts";
import type { StoreTransaction } from "../../core/store.ts";
import type { PipelineDeps } from "../deps.ts";
import { formatDraftCard } from "./draft-card.ts";

/** A draft that nobody looks at ends after so long. */
const draftMs = 7 * 86_400_000;

export interface DraftRequest {
  readonly conversation: string;
  readonly turnId: string;
  readonly question: Pick<InboundMessage, "sender">;
  /** All that it answers. */
  readonly asked: string;
  /** Sent as it is once it is approved. */
  readonly reply: OutboundMessage;
  readonly reason: string;
  readonly asksOwner: boolean;
  readonly score?: number;
}

/**
 * Prepares a draft for the turn's last transaction: its row and, where the owner is asked at once, the card. Where the
 * owner shall be asked and cannot be, the draft says so and ends: it neither waits unseen nor goes out.
 */
export async function makeDraft(
  deps: Pick<PipelineDeps, "ownerPlace" | "now" | "log" | "onDraft">,
  request: DraftRequest,
): Promise<{ readonly save: (transaction: StoreTransaction) => Promise<void>; readonly after: () => void }> {
  const { conversation, turnId, question, reply, asksOwner } = request;
  const { now } = deps;
  const id = createCode(6).toLowerCase();
  const place = asksOwner ? await deps.ownerPlace() : undefined;
  const isLost = asksOwner && place === undefined;
  const draft: DraftRecord = {
    id,
    conversation,
    turnId,
    message: { ...reply, id: `${approvedPrefix}${id}` },
    question: {
      senderId: question.sender.id,
      senderName: question.sender.name,
      text: request.asked,
    },
    reason: isLost
      ? "You could not be asked: none of your accounts can be written to. `owner.ids` names them."
      : request.reason,
    state: isLost ? "undeliverable" : "pending",
    ...(request.score === undefined ? {} : { score: request.score }),
    snoozedUntil: 0,
    expiresAt: now() + draftMs,
    createdAt: now(),
    updatedAt: now(),
  };
  if (isLost) deps.log.warn({ draft: id, conversation }, "A draft waits for nobody: the owner could not be asked.");
  let isMade = false;
  const save = async (transaction: StoreTransaction): Promise<void> => {
    isMade = false;
    // Another draft of this thread waits already: one is enough.
    if (!(await transaction.cdc.addDraft(draft))) return;
    await transaction.cdc.addEvent("draft", id, now());
    await transaction.audit(
      {
        kind: isLost ? "draft.undeliverable" : "draft.made",
        actor: "system",
        subject: conversation,
        details: { id },
      },
      now(),
    );
    if (place !== undefined) await say(transaction, formatDraftCard(draft, place), now());
    isMade = !isLost;
  };
  return {
    save,
    after: () => {
      if (isMade) deps.onDraft?.(draft);
    },
  };
}
