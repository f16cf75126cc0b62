import { conversationId, type InboundMessage } from "../core/message.ts";
import type { Store } from "../core/store.ts";
import { cardId } from "./approvals.ts";

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
    for (const approval of await store.pendingApprovals(maxPending)) {
      const card = await store.outboxItem(cardId(approval.id));
      if (card?.conversation === conversationId(address) && card.parts.includes(targetId))
        return `/${verb} ${approval.id}`;
    }
    return undefined;
  };
}
