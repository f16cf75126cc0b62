import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { DigestFacts } from "../../src/cdc/digest/digest.ts";
import { parseConversationId } from "../../src/core/message.ts";
import type { PlayWorld } from "./play.ts";

/** Monday after the week, half past seven in Berlin. */
export const monday = Date.parse("2026-03-09T06:30:00Z");

const path = fileURLToPath(new URL("../fixtures/cdc/digest-week.json", import.meta.url));

/** A week of mail and chat, as the watching of channels leaves it in the store: what came in, and what became of it. */
export async function receiveWeek(world: PlayWorld): Promise<void> {
  const { facts } = JSON.parse(readFileSync(path, "utf8")) as { readonly facts: DigestFacts };
  for (const { conversation, messageId, senderId, senderName, excerpt, subject, kind, at } of facts.decisions)
    await world.receive({
      id: `${conversation}-${messageId}`,
      address: parseConversationId(conversation),
      sender: { id: senderId, name: senderName, isBot: false },
      text: excerpt,
      sentAt: at,
      ...(subject === undefined ? {} : { subject }),
      ...(kind === "notification" ? { isAutomated: true } : {}),
    });
  await world.store.write(async (transaction) => {
    const { cdc } = transaction;
    for (const decision of facts.decisions) await cdc.addDecision(decision);
    for (const thread of facts.threads) await cdc.saveThread({ ...thread, events: [] });
    for (const draft of facts.drafts) await cdc.addDraft(draft);
    for (const promise of facts.promises) await cdc.addPromise(promise);
    for (const followUp of facts.followUps) await cdc.addFollowUp(followUp);
    for (const { id, conversation, text } of facts.sends) {
      const message = { id, address: parseConversationId(conversation), text, attachments: [] };
      await transaction.addOutbox([message], conversation);
      await transaction.updateOutbox(id, { state: "uncertain" });
    }
  });
}
