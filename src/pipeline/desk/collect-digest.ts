import { assembleDigest } from "../../cdc/digest/assemble-digest.ts";
import type { Digest, DigestOptions, TroubledSend } from "../../cdc/digest/digest.ts";
import type { Store } from "../../core/store.ts";

/** A digest never tells of more. */
const maxDecisions = 2_000;
const maxListed = 100;

/** What a digest of this name would tell now: what none of its name told of yet, and what waits. Reads only. */
export async function collectDigest(
  store: Store,
  name: string,
  options: Omit<DigestOptions, "locale">,
): Promise<Digest> {
  const { fromAt, toAt } = options;
  const [decisions, threads, drafts, promises, followUps, sends] = await Promise.all([
    store.cdc.undigested(name, fromAt, maxDecisions),
    store.cdc.threads("to-reply", maxListed),
    store.cdc.pendingDrafts(toAt, maxListed, true),
    store.cdc.openPromises(maxListed),
    store.cdc.waitingFollowUps(maxListed),
    loadTrouble(store),
  ]);
  return assembleDigest({ decisions, threads, drafts, promises, followUps, sends }, { ...options, locale: "en-GB" });
}

async function loadTrouble(store: Store): Promise<readonly TroubledSend[]> {
  const uncertain = await store.uncertainOutbox(maxListed);
  const letters = (await store.deadLetters(maxListed)).filter(({ kind }) => kind === "send");
  const failed = await Promise.all(letters.map(({ ref }) => store.outboxItem(ref)));
  return [
    ...failed.flatMap((item) => (item === undefined ? [] : [{ item, state: "failed" as const }])),
    ...uncertain.map((item) => ({ item, state: "uncertain" as const })),
  ].map(({ item, state }) => ({
    id: item.message.id,
    conversation: item.conversation,
    state,
    text: item.message.text,
    at: item.nextAt,
  }));
}
