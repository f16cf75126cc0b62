import type { MemoryCandidate } from "../../core/memory.ts";
import { compareRecords, linkTurns, type Turn } from "./context.ts";
import { fuse } from "./fuse.ts";
import { matchTurns, type Match } from "./match.ts";
import type { MemoryQuery, QueryConcept } from "./query.ts";
import { compareRanked, type Ranked } from "./ranked.ts";
import { weighTelling } from "./telling.ts";
import { fitTimes, namesTime } from "./times.ts";
import { rankingWeights, type RankingWeights } from "./weights.ts";
import { listWords } from "./words.ts";

/** Only so many of the best by words are looked at closer. */
const closerLook = 100;

/**
 * The records that answer a question best, among the candidates and their neighbours. The order of the candidates and
 * scores of other searches play no part, apart from nearness in meaning. Pure.
 */
export function rank(
  query: MemoryQuery,
  candidates: readonly MemoryCandidate[],
  { limit, weights = rankingWeights }: { readonly limit: number; readonly weights?: RankingWeights },
): readonly Ranked[] {
  const turns = linkTurns(candidates);
  const asked = findSpeakers(query, turns);
  const others = query.concepts.filter(({ word }) => !asked.words.has(word));
  const concepts = others.length === 0 ? query.concepts : others;
  const matches = matchTurns(turns, concepts, weights);
  const byWords = matches
    .toSorted((a, b) => b.score - a.score || compareRecords(a.turn.record, b.turn.record))
    .slice(0, Math.max(closerLook, limit))
    .map((match) => lookCloser(match, query, { asked: asked.names, concepts, weights }))
    .toSorted(compareRanked);
  const byMeaning = candidates
    .filter(({ nearness }) => nearness !== undefined && Number.isFinite(nearness))
    .toSorted((a, b) => (b.nearness ?? 0) - (a.nearness ?? 0) || compareRecords(a.record, b.record));
  return (byMeaning.length === 0 ? byWords : fuse(byWords, byMeaning)).slice(0, limit);
}

/** Speakers that the question names, by a word of their name, and these words. */
function findSpeakers(query: MemoryQuery, turns: readonly Turn[]) {
  const names = new Set<string>();
  const words = new Set<string>();
  for (const name of new Set(turns.map(({ record }) => record.speaker)))
    for (const word of listWords(name))
      if (query.words.has(word)) {
        names.add(name);
        words.add(word);
      }
  return { names, words };
}

function lookCloser(
  { turn: { record }, score, parts }: Match,
  { times, asksWhen }: MemoryQuery,
  {
    asked,
    concepts,
    weights,
  }: {
    readonly asked: ReadonlySet<string>;
    readonly concepts: readonly QueryConcept[];
    readonly weights: RankingWeights;
  },
): Ranked {
  const isTimed = asksWhen && namesTime(record.text);
  const isAsked = asked.has(record.speaker);
  const fit = fitTimes(times, record.at);
  const reasons = [
    ...listWeightiest(parts).map((concept) => concepts[concept]?.word ?? ""),
    ...(isAsked ? [`said by ${record.speaker}`] : []),
    ...(fit > 0 ? ["from that time"] : []),
    ...(isTimed ? ["names a time"] : []),
  ];
  return {
    record,
    score:
      score *
      (isAsked ? 1 + weights.speaker : 1) *
      (isTimed ? 1 + weights.when : 1) *
      (1 + weights.time * fit) *
      weighTelling(record.text, weights),
    reason: reasons.filter((reason) => reason !== "").join(", "),
  };
}

/** The four concepts that count most, by index. */
function listWeightiest(parts: readonly number[]): readonly number[] {
  return [...parts.keys()]
    .filter((concept) => (parts[concept] ?? 0) > 0)
    .toSorted((a, b) => (parts[b] ?? 0) - (parts[a] ?? 0) || a - b)
    .slice(0, 4);
}
