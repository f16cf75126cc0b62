import type { OwnMessageRow } from "../../core/cdc.ts";
import type { Store } from "../../core/store.ts";
import type { Observation, OwnMessage, StyleProfile } from "../../core/style.ts";
import { leastMessages, observeMessage } from "../../style/learn.ts";
import { keepProfile, loadForgotten, styleFacts, takeAway, type Consent } from "./known-manner.ts";

const dayMs = 86_400_000;
/** The owner's words are kept so long; what they show of the manner stays. */
const wordsMs = 7 * dayMs;
/** What is older is not kept: the store would drop it again. */
const mannerMs = 730 * dayMs;
/** The newest ones that a message is compared with. Of older ones nothing would be learned. */
const maxCompared = 20_000;
const maxLearned = 5_000;

export interface OwnHistoryDeps {
  readonly store: Store;
  readonly now: () => number;
  readonly learn: (observations: readonly Observation[]) => Promise<StyleProfile | undefined>;
}

/** What was read somewhere. */
export interface OwnHistory {
  /** What it is kept under, such as "file:chat.txt". */
  readonly source: string;
  readonly messages: readonly OwnMessage[];
  /** The time that stands for those that have none: theirs tells nothing. */
  readonly undatedAt?: number;
}

/** What became of messages that were read somewhere. */
export interface TakenHistory {
  readonly added: number;
  /** They are there already. */
  readonly known: number;
  readonly tooOld: number;
  /** Not a word of the owner's own is in them. */
  readonly empty: number;
  /** All that is known now. */
  readonly total: number;
  /** Present once enough is known. */
  readonly profile?: StyleProfile;
}

/**
 * Takes what the owner has written elsewhere into the store, with their consent, and learns from all of it at once.
 * Messages that are there already, from this source or another, are not taken again. One at a time: the caller holds a
 * lease.
 */
export async function takeOwnHistory(
  deps: OwnHistoryDeps,
  { source, messages, undatedAt }: OwnHistory,
  by: string,
): Promise<TakenHistory> {
  const { store, now } = deps;
  const recent = messages.filter(({ at }) => at >= now() - mannerMs);
  const observed = recent.flatMap((message): OwnMessageRow[] => {
    const observation = observeMessage(message);
    return observation === undefined ? [] : [{ ...message, source, observation }];
  });
  const rows = await leaveOutKnown(store, observed, undatedAt);
  const consent = await store.cdc.fact(styleFacts.consent);
  await store.write(async (transaction) => {
    const at = now();
    if (consent === undefined) {
      const given: Consent = { at, by };
      await transaction.cdc.setFact(styleFacts.consent, given);
      await transaction.audit({ kind: "style.learn-on", actor: by, subject: "style" }, at);
    }
    await transaction.cdc.addOwnMessages(rows, at + wordsMs);
    await transaction.audit(
      { kind: "style.imported", actor: by, subject: source, details: { messages: rows.length } },
      at,
    );
  });
  const { total, profile } = await learnAnew(deps);
  return {
    added: rows.length,
    known: observed.length - rows.length,
    tooOld: messages.length - recent.length,
    empty: recent.length - observed.length,
    total,
    ...(profile === undefined ? {} : { profile }),
  };
}

/**
 * Takes what is known of the owner's manner out of the store, of one source or all of it with what their edits taught,
 * and learns anew from what is left. Resolves with how many messages that were.
 */
export async function forgetOwnHistory(deps: OwnHistoryDeps, source: string | undefined, by: string): Promise<number> {
  const { store, now } = deps;
  const notes = source === undefined ? await store.cdc.rules("style") : [];
  const forgotten = await store.write((transaction) =>
    takeAway(transaction, { source, rules: notes.map(({ id }) => id), by, at: now() }),
  );
  await learnAnew(deps);
  return forgotten;
}

async function learnAnew({ store, now, learn }: OwnHistoryDeps): Promise<Pick<TakenHistory, "total" | "profile">> {
  const [counts, forgotten] = await Promise.all([store.cdc.countOwnMessages(), loadForgotten(store.cdc)]);
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  if (total < leastMessages) return { total };
  const rows = await store.cdc.ownMessages(maxLearned);
  const profile = await learn(rows.map(({ observation }) => observation));
  if (profile === undefined) return { total };
  const isKept = await store.write((transaction) => keepProfile(transaction, profile, forgotten, now()));
  return { total, ...(isKept && { profile }) };
}

/**
 * Words go after a week: a message is known again by what it shows and by its time, wherever it was read; without a time,
 * by its source.
 */
async function leaveOutKnown(
  store: Store,
  rows: readonly OwnMessageRow[],
  undatedAt: number | undefined,
): Promise<readonly OwnMessageRow[]> {
  const kept = await store.cdc.ownMessages(maxCompared);
  const oldestAt = kept.length < maxCompared ? Number.NEGATIVE_INFINITY : (kept[0]?.at ?? 0);
  const known = new Map<string, number>();
  for (const row of kept)
    for (const key of [keyOf(row.at, row), keyOf(row.source, row)]) known.set(key, (known.get(key) ?? 0) + 1);
  // The same words twice at one time are two messages: so many of them are new as there are more than before.
  return rows.filter((row) => {
    if (row.at < oldestAt) return false;
    const key = keyOf(row.at === undatedAt ? row.source : row.at, row);
    const left = known.get(key) ?? 0;
    if (left > 0) known.set(key, left - 1);
    return left === 0;
  });
}

function keyOf(place: number | string, { observation: { picks, sizes } }: OwnMessageRow): string {
  return JSON.stringify([place, picks, sizes]);
}
