import type {
  Formality,
  Manner,
  Observation,
  OwnMessage,
  Phrase,
  Spread,
  SpreadName,
  StyleProfile,
} from "../core/style.ts";
import { nameAudiences } from "./audiences.ts";
import { detectLanguage } from "./languages.ts";
import { viewMessage } from "./message-view.ts";
import { measureOwnScores } from "./own-scores.ts";
import { findEmoji, findGreeting, findSignOff, isHabit } from "./phrases.ts";
import { roundDeep } from "./round.ts";
import { createShareCounts, type Counted } from "./shares.ts";
import { pickTraits } from "./traits/index.ts";

/** Fewer messages tell nothing about anybody. */
export const leastMessages = 20;
const halfLifeMs = 90 * 24 * 60 * 60 * 1000;
/** The newest ones; as many say all there is to say. */
const mostMessages = 5_000;
const mostAudiences = 12;
const mostPhrases = 8;
const leastShare = 0.03;

interface Observed extends Counted {
  readonly seen: Observation;
}

/**
 * The manner of writing that messages show. Their order does not matter, only their times: what is 90 days older than
 * the newest counts half. Undefined when there are fewer than 20 with a word of the owner's own.
 */
export function learnStyle(messages: readonly OwnMessage[]): StyleProfile | undefined {
  const newest = messages
    .filter(({ at }) => Number.isFinite(at))
    .toSorted((a, b) => a.at - b.at || (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))
    .slice(-mostMessages);
  return learnFromObservations(newest.flatMap((message) => observeMessage(message) ?? []));
}

/** The same from what was observed of messages, in order of time, whose texts may be long gone. */
export function learnFromObservations(observations: readonly Observation[]): StyleProfile | undefined {
  const known = observations.slice(-mostMessages);
  const newestAt = known.at(-1)?.at ?? 0;
  if (known.length < leastMessages) return undefined;
  const observed = known.map((seen): Observed => ({
    seen,
    picks: seen.picks.map((pick) => pick ?? undefined),
    weight: 2 ** ((seen.at - newestAt) / halfLifeMs),
  }));
  return roundDeep({
    version: 1,
    newestAt,
    general: describeManner(observed),
    audiences: Object.fromEntries(listAudiences(observed)),
  });
}

/** What a message shows of its writer's manner, without its words. Undefined: none of them are the writer's own. */
export function observeMessage({ text, at, to, channel }: OwnMessage): Observation | undefined {
  const view = viewMessage(text);
  if (view.body === "" || !Number.isFinite(at)) return undefined;
  const { body, words, sentences, lines } = view;
  const greeting = findGreeting(body)?.text;
  const signOff = findSignOff(view);
  return {
    at,
    picks: pickTraits(view).map((pick) => pick ?? null),
    sizes: {
      chars: body.length,
      words: words.length,
      sentences: sentences.length,
      sentenceWords: words.length / Math.max(1, sentences.length),
      lines: lines.length,
    },
    ...(greeting === undefined ? {} : { greeting }),
    ...(signOff === undefined ? {} : { signOff }),
    emoji: [...new Set(findEmoji(view))],
    languages: [detectLanguage(words) ?? []].flat(),
    audiences: nameAudiences({
      ...(to !== undefined && { to }),
      ...(channel !== undefined && { channel }),
      formality: detectFormality(greeting, signOff),
    }),
  };
}

function detectFormality(greeting = "", signOff = ""): Formality {
  const isFormal =
    /^(?:dear|good |sehr geehrte|guten |bonjour|cher|estimad|buenos)/i.test(greeting) ||
    /regards|sincerely|faithfully|truly|freundlichen|mfg|cordialement|atentamente/i.test(signOff);
  return isFormal ? "formal" : "casual";
}

/** Those with the most messages. One that every message belongs to would say what the general manner says. */
function listAudiences(observed: readonly Observed[]): readonly (readonly [string, Manner])[] {
  const groups = new Map<string, Observed[]>();
  for (const each of observed)
    for (const name of each.seen.audiences) {
      const group = groups.get(name);
      if (group === undefined) groups.set(name, [each]);
      else group.push(each);
    }
  return [...groups]
    .filter(([, group]) => group.length >= leastMessages && group.length < observed.length)
    .toSorted(([a, one], [b, other]) => other.length - one.length || (a < b ? -1 : 1))
    .slice(0, mostAudiences)
    .map(([name, group]) => [name, describeManner(group)]);
}

function describeManner(observed: readonly Observed[]): Manner {
  const counts = createShareCounts();
  for (const each of observed) counts.add(each, 1);
  const phrases = (read: (each: Observed) => readonly string[]): readonly Phrase[] => rankPhrases(observed, read);
  return {
    messages: observed.length,
    weight: observed.reduce((sum, { weight }) => sum + weight, 0),
    shares: counts.shares(),
    spreads: describeSpreads(observed),
    greetings: phrases(({ seen: { greeting } }) => (greeting === undefined ? [] : [greeting])),
    signOffs: phrases(({ seen: { signOff } }) => (signOff === undefined ? [] : [signOff])),
    emoji: phrases(({ seen }) => seen.emoji),
    languages: phrases(({ seen }) => seen.languages),
    ownScores: measureOwnScores(observed),
  };
}

/** By share of the messages' weight. */
function rankPhrases(observed: readonly Observed[], read: (each: Observed) => readonly string[]): readonly Phrase[] {
  const weights = new Map<string, number>();
  let all = 0;
  for (const each of observed) {
    all += each.weight;
    for (const text of read(each)) if (isHabit(text)) weights.set(text, (weights.get(text) ?? 0) + each.weight);
  }
  return [...weights]
    .map(([text, weight]) => ({ text, share: weight / all }))
    .filter(({ share }) => share >= leastShare)
    .toSorted((a, b) => b.share - a.share || (a.text < b.text ? -1 : 1))
    .slice(0, mostPhrases);
}

function describeSpreads(observed: readonly Observed[]): Readonly<Record<SpreadName, Spread>> {
  const spread = (name: SpreadName): Spread => {
    const sorted = observed.map(({ seen }) => seen.sizes[name]).toSorted((a, b) => a - b);
    const at = (part: number): number => sorted[Math.floor(part * (sorted.length - 1))] ?? 0;
    return { low: at(0.1), median: at(0.5), high: at(0.9) };
  };
  return {
    chars: spread("chars"),
    words: spread("words"),
    sentences: spread("sentences"),
    sentenceWords: spread("sentenceWords"),
    lines: spread("lines"),
  };
}
