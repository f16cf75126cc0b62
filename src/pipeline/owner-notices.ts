import type { BudgetUse } from "../agent/budget.ts";
import type { Channel } from "../core/channel.ts";
import { describeError } from "../core/errors.ts";
import { createId } from "../core/id.ts";
import type { Logger } from "../core/log.ts";
import { conversationId, type Address, type OutboundMessage } from "../core/message.ts";
import { say } from "../core/say.ts";
import type { ApprovalRecord, OutboxItem, Store } from "../core/store.ts";
import type { DraftRecord } from "../core/cdc.ts";
import { cardId } from "./approvals.ts";
import { againCardId, draftCardId, formatDraftOutcome } from "./desk/draft-card.ts";

export interface OwnerNotices {
  /** The first of the owner's accounts that can be written to; undefined: none. */
  place(): Promise<Address | undefined>;
  /** A send that failed, or that nobody can tell about, is shown to the owner, unless it was said to the owner itself. */
  tellTrouble(item: OutboxItem, state: "uncertain" | "failed", reason: string): void;
  /** 80% of a limit is spent. */
  warnBudget(use: BudgetUse): void;
  /** Changes the card of an answered question to its outcome. */
  showOutcome(approval: ApprovalRecord, outcome: string): void;
  /** The same for a draft. */
  showDraft(draft: DraftRecord): void;
}

const editTimeoutMs = 15_000;

/** What the owner is told besides answers. Never throws: trouble with telling is logged. */
export function createOwnerNotices(deps: {
  readonly store: Store;
  readonly log: Logger;
  readonly now: () => number;
  readonly ownerIds: () => readonly string[];
  readonly channel: (name: string) => Channel | undefined;
}): OwnerNotices {
  const { store, log, now } = deps;

  async function place(): Promise<Address | undefined> {
    for (const id of deps.ownerIds()) {
      const channel = deps.channel(id.slice(0, id.indexOf(":")));
      const address = await channel?.openDirect?.(id).catch(() => undefined);
      if (address !== undefined) return address;
    }
    return undefined;
  }

  async function tell(item: OutboxItem, state: "uncertain" | "failed", reason: string): Promise<void> {
    const address = await place();
    if (
      address === undefined ||
      item.message.id.startsWith("trouble-") ||
      conversationId(address) === item.conversation
    )
      return;
    const what =
      state === "failed" ? "could not be sent" : "may or may not have been sent; I do not send it again by myself";
    const text = `A message to \`${item.conversation}\` ${what}: ${reason}\n\n> ${item.message.text.slice(0, 500).toWellFormed().replaceAll("\n", "\n> ")}\n\nSee \`parlance dead-letters list\`.`;
    const message: OutboundMessage = { id: `trouble-${item.message.id}`, address, text, attachments: [] };
    await store.write((transaction) => say(transaction, message, now()));
  }

  async function tellBudget({ name, limit, spent }: BudgetUse): Promise<void> {
    const address = await place();
    if (address === undefined) return;
    const whose = name === "day" ? "today" : `one ${name} today`;
    const text = `$${spent.toFixed(2)} of the $${limit} for ${whose} is spent. At the limit I stop answering until tomorrow; \`/budget\` shows all limits.`;
    const message: OutboundMessage = { id: createId(now()), address, text, attachments: [] };
    await store.write((transaction) => say(transaction, message, now()));
  }

  async function editCard(id: string, outcome: string): Promise<void> {
    const card = await store.outboxItem(id);
    const [platformId] = card?.parts ?? [];
    if (card === undefined || platformId === undefined) return;
    const { choices: _choices, ...message } = { ...card.message, text: outcome };
    await deps.channel(card.message.address.channel)?.edit?.(message, platformId, AbortSignal.timeout(editTimeoutMs));
  }

  function changeCard(id: string, outcome: string): void {
    editCard(id, outcome).catch((error: unknown) =>
      log.warn({ card: id, error: describeError(error) }, "The card could not be changed to its outcome."),
    );
  }

  return {
    place,
    tellTrouble(item, state, reason) {
      tell(item, state, reason).catch((error: unknown) =>
        log.error(
          { outbox: item.message.id, error: describeError(error) },
          "The owner could not be told of a failed message.",
        ),
      );
    },
    warnBudget(use) {
      log.warn({ limit: use.name, dollars: use.limit }, "80% of a budget is spent.");
      tellBudget(use).catch((error: unknown) =>
        log.error({ error: describeError(error) }, "The owner could not be told of a budget that runs out."),
      );
    },
    showOutcome(approval, outcome) {
      changeCard(cardId(approval.id), outcome);
    },
    showDraft(draft) {
      changeCard(draftCardId(draft.id), formatDraftOutcome(draft));
      if (draft.snoozedUntil > 0) changeCard(againCardId(draft), formatDraftOutcome(draft));
    },
  };
}
