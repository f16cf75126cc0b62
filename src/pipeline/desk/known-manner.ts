import type { Store, StoreTransaction } from "../../core/store.ts";
import type { StyleProfile } from "../../core/style.ts";

/** That the owner agreed to be learned from. */
export interface Consent {
  readonly at: number;
  readonly by: string;
}

/** Under which names the store keeps what concerns the owner's manner. */
export const styleFacts = {
  consent: "style.consent",
  profile: "style.profile",
  /** When all was forgotten: older edits teach nothing. */
  forgottenAt: "style.forgottenAt",
  /** When anything was forgotten, of one source or all: what is being learned with it is not kept. */
  takenAwayAt: "style.takenAwayAt",
} as const;

/** Another text after each time that something was forgotten. */
export async function loadForgotten(facts: Pick<Store["cdc"], "fact">): Promise<string> {
  return JSON.stringify([await facts.fact(styleFacts.forgottenAt), await facts.fact(styleFacts.takenAwayAt)]);
}

/**
 * Keeps what was learned, unless something was forgotten since `before` was loaded: that stays forgotten. The event comes
 * first: the store lets one writer of events go on at a time, so that learning and forgetting wait for each other.
 */
export async function keepProfile(
  transaction: StoreTransaction,
  profile: StyleProfile,
  before: string,
  at: number,
): Promise<boolean> {
  await transaction.cdc.addEvent("style", "profile", at);
  if ((await loadForgotten(transaction.cdc)) !== before) return false;
  await transaction.cdc.setFact(styleFacts.profile, profile);
  return true;
}

/**
 * Takes what one source showed of the owner's manner out of the store, or all of it, and with all of it what their edits
 * taught: the rules named. Resolves with how many messages that were.
 */
export async function takeAway(
  transaction: StoreTransaction,
  { source, rules, by, at }: { source: string | undefined; rules: readonly string[]; by: string; at: number },
): Promise<number> {
  const { cdc } = transaction;
  await cdc.addEvent("style", "forgotten", at);
  const count = await cdc.forgetOwnMessages(source);
  await cdc.setFact(styleFacts.profile, undefined);
  await cdc.setFact(styleFacts.takenAwayAt, at);
  if (source === undefined) {
    await cdc.setFact(styleFacts.forgottenAt, at);
    for (const id of rules) await cdc.removeRule(id);
  }
  await transaction.audit({ kind: "style.forgotten", actor: by, subject: source ?? "style" }, at);
  return count;
}
