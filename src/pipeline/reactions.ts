import { conversationId, type InboundMessage } from "../core/message.ts";
import type { Store } from "../core/store.ts";
import { cardId } from "./approvals.ts";
import { againCardId, draftCardId } from "./desk/draft-card.ts";

const maxPending = 100;
const yes = new Set(["👍", "✅", "👌", "💯", "❤️", "❤"]);
const no = new Set(["👎", "❌", "🚫", "⛔"]);

/**
 * What a reaction on one of our cards says, as a command: "/approve 3f9a" or "/deny 3f9a". Undefined for every other
 * reaction. Whether this person may answer is decided as for the command.
 */
export function createReactionReader(store: Store): (message: InboundMessage) => Promise<string | undefined> {
  return async function readReaction({ text, targetId, address }) {
    // Skin tones and other variants say the same.
    const emoji = text.replaceAll(/[\u{1f3fb}-\u{1f3ff}]/gu, "");
    const verb = yes.has(emoji) ? "approve" : no.has(emoji) ? "deny" : undefined;
    if (verb === undefined || targetId === undefined) return undefined;
    const pending = [
      ...(await store.pendingApprovals(maxPending)).map(({ id }) => ({ id, cardId: cardId(id) })),
      ...(await store.cdc.pendingDrafts(Number.MAX_SAFE_INTEGER, maxPending)).flatMap((draft) => [
        { id: draft.id, cardId: draftCardId(draft.id) },
        ...(draft.snoozedUntil > 0 ? [{ id: draft.id, cardId: againCardId(draft) }] : []),
      ]),
    ];
    for (const each of pending) {
      const card = await store.outboxItem(each.cardId);
      if (card?.conversation === conversationId(address) && card.parts.includes(targetId)) return `/${verb} ${each.id}`;
    }
    return undefined;
  };
}
