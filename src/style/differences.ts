import type { Manner } from "../core/style.ts";
import type { Picks } from "./shares.ts";
import { traits } from "./traits/index.ts";

const mostDifferences = 5;

/** What differs most between a batch and the owner's manner, most telling first, in words. */
export function describeDifferences({ shares }: Pick<Manner, "shares">, texts: readonly Picks[]): readonly string[] {
  return traits
    .flatMap(({ name, options, when }, index) => {
      const seen = texts.flatMap((picks) => picks[index] ?? []);
      const own = shares[name];
      // Of a trait that is seldom shown, one message in a batch says little.
      if (own === undefined || seen.length < Math.min(2, texts.length)) return [];
      // Of the options of one trait the one that differs most stands for it.
      return Object.entries(options)
        .filter(([option, { says }]) => option !== "no" || !says.startsWith("do not"))
        .map(([option, { says }]) => {
          const here = seen.filter((each) => each === option).length / seen.length;
          const usual = own[option] ?? 0;
          return { says: formatSays(says, when), here, usual, distance: distanceOf(here, usual, seen.length) };
        })
        .toSorted((a, b) => b.distance - a.distance)
        .slice(0, 1);
    })
    .filter(({ distance }) => distance > 0.5)
    .toSorted((a, b) => b.distance - a.distance)
    .slice(0, mostDifferences)
    .map(({ says, here, usual }) => `${percent(here)} ${says}, of the owner's ${percent(usual)}`);
}

export function formatSays(says: string, when: string | undefined): string {
  return when === undefined ? says : `${says} ${when}`;
}

/** In standard deviations of a batch of that size. */
function distanceOf(here: number, usual: number, size: number): number {
  const safe = Math.min(0.99, Math.max(0.01, usual));
  return Math.abs(here - usual) / Math.sqrt((safe * (1 - safe)) / size);
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}
