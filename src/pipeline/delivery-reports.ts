import type { DeliveryReport } from "../core/channel.ts";
import { createId } from "../core/id.ts";
import type { OutboxItem, Store } from "../core/store.ts";

export interface DeliveryReportDeps {
  readonly store: Store;
  readonly now: () => number;
  readonly onTrouble: (item: OutboxItem, state: "failed", reason: string) => void;
}

/**
 * Takes what platforms say of messages that they had taken: a late failure makes a sent message a dead letter, once,
 * and is told to the owner; a sign of life settles an uncertain one as sent; the rest is noted in the audit. Reports on messages that are not ours are passed by.
 */
export function createReportTaker(deps: DeliveryReportDeps): (report: DeliveryReport) => Promise<void> {
  const { store, now } = deps;

  return async function takeReport({ outboundId, state, reason = "the platform gave no reason" }) {
    const item = await store.outboxItem(outboundId);
    if (item === undefined || item.state === "failed") return;
    await store.write(async (transaction) => {
      if (state === "failed") {
        await transaction.updateOutbox(outboundId, { state: "failed", error: reason });
        await transaction.addDeadLetter({ id: createId(now()), kind: "send", ref: outboundId, reason, at: now() });
      }
      // What nobody could tell is settled: it did arrive.
      if (state !== "failed" && item.state === "uncertain")
        await transaction.updateOutbox(outboundId, { state: "sent" });
      await transaction.audit(
        {
          kind: `message.${state}`,
          actor: "system",
          subject: item.conversation,
          details: state === "failed" ? { id: outboundId, reason } : { id: outboundId },
        },
        now(),
      );
    });
    if (state === "failed") deps.onTrouble(item, "failed", reason);
  };
}
