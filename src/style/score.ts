import type { OwnScores, Shares } from "../core/style.ts";
import type { Picks } from "./shares.ts";
import { traits } from "./traits/index.ts";

/** Scores texts against the owner's shares. Made once, used for many texts. */
export interface Scorer {
  /** How much more the texts are like the owner's than like anybody's; 0 says nothing. Finite whatever comes in. */
  score(texts: readonly Picks[]): number;
}

interface OptionScore {
  /** log(the owner's share / the general share): what one message with it says. */
  readonly evidence: number;
  readonly general: number;
  /** How far the owner's share lies from the general one. */
  readonly lean: number;
}

/** One message says no more than this, however odd it is. */
const mostOfOne = 6;
/** How much evidence weighs as much as the likeness of the shares going from none to whole. */
const evidencePerLikeness = 12;
/** From this many messages on, the shares within the batch are trusted. */
const fullBatch = 10;

export function createScorer(shares: Shares): Scorer {
  const table = traits.map(
    ({ name, options }) =>
      new Map(
        Object.entries(options).map(([option, { share: general }]): [string, OptionScore] => {
          const own = readShare(shares[name]?.[option], general);
          return [option, { evidence: Math.log(own / general), general, lean: leanOf(own, general) }];
        }),
      ),
  );
  return {
    score(texts) {
      if (texts.length === 0) return 0;
      const evidence = texts.reduce((sum, picks) => sum + limit(weigh(picks, table)), 0) / texts.length;
      return evidence + evidencePerLikeness * Math.min(1, texts.length / fullBatch) * compareShares(texts, table);
    },
  };
}

function weigh(picks: Picks, table: readonly ReadonlyMap<string, OptionScore>[]): number {
  let sum = 0;
  for (let index = 0; index < table.length; index += 1) {
    const pick = picks[index];
    if (pick !== undefined) sum += table[index]?.get(pick)?.evidence ?? 0;
  }
  return sum;
}

function limit(evidence: number): number {
  return mostOfOne * Math.tanh(evidence / mostOfOne);
}

/**
 * The cosine between how the owner's shares and the batch's lean away from the general ones: Burrows's Delta in the
 * form of Smith and Aldridge (2011), over traits in place of words. From -1 to 1.
 */
function compareShares(texts: readonly Picks[], table: readonly ReadonlyMap<string, OptionScore>[]): number {
  let both = 0;
  let ofBatch = 0;
  let ofOwner = 0;
  table.forEach((options, index) => {
    const seen = texts.flatMap((picks) => picks[index] ?? []);
    if (seen.length === 0) return;
    for (const [option, { general, lean }] of options) {
      const count = seen.filter((each) => each === option).length;
      const batch = leanOf((count + general) / (seen.length + 1), general);
      both += batch * lean;
      ofBatch += batch * batch;
      ofOwner += lean * lean;
    }
  });
  return both === 0 ? 0 : both / Math.sqrt(ofBatch * ofOwner);
}

/** In standard deviations; the root keeps one rare habit from drowning the rest. */
export function leanOf(share: number, general: number): number {
  return Math.cbrt((share - general) / Math.sqrt(general * (1 - general)));
}

function readShare(share: number | undefined, general: number): number {
  return share !== undefined && Number.isFinite(share) ? Math.min(0.9999, Math.max(0.0001, share)) : general;
}

/** Below which only 5% of the owner's own batches of this size score. */
export function lowestOwn(ownScores: readonly OwnScores[], size: number): number {
  return interpolate(ownScores, size, ({ low }) => low);
}

/** Between the two nearest sizes, in proportion to their logarithms. */
function interpolate(ownScores: readonly OwnScores[], size: number, read: (scores: OwnScores) => number): number {
  const above = ownScores.find((each) => each.size >= size) ?? ownScores.at(-1);
  const below = ownScores.findLast((each) => each.size <= size) ?? ownScores[0];
  if (above === undefined || below === undefined) return 0;
  if (above.size === below.size) return read(above);
  const part = Math.log(size / below.size) / Math.log(above.size / below.size);
  return read(below) + part * (read(above) - read(below));
}
