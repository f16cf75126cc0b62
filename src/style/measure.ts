import type { Audience, Manner, StyleMeasure, StyleProfile } from "../core/style.ts";
import { nameAudiences } from "./audiences.ts";
import { leastMessages } from "./learn.ts";
import { viewMessage } from "./message-view.ts";
import { createScorer, lowestOwn } from "./score.ts";
import { pickTraits } from "./traits/index.ts";
import { describeDifferences } from "./differences.ts";

/** Measures texts against one manner; made once for many texts. */
export interface StyleMeter {
  measure(texts: readonly string[]): StyleMeasure;
}

/** Where the scores of owners and of other people cross, and how far from there counts as clear. */
const middle = 4;
const clear = 3;

/** The manner for whoever reads it; the general one where nothing more special is known from 20 messages or more. */
export function pickManner(profile: StyleProfile, audience: Audience = {}): Manner {
  for (const name of nameAudiences(audience)) {
    const manner = Object.hasOwn(profile.audiences, name) ? profile.audiences[name] : undefined;
    if (manner !== undefined && manner.messages >= leastMessages) return manner;
  }
  return profile.general;
}

export function createStyleMeter(profile: StyleProfile, audience?: Audience): StyleMeter {
  const manner = pickManner(profile, audience);
  const scorer = createScorer(manner.shares);
  return {
    measure(texts) {
      const picks = texts
        .map(viewMessage)
        .filter(({ body }) => body !== "")
        .map(pickTraits);
      if (picks.length === 0)
        return { score: 0.5, inRange: true, features: ["There is nothing of the writer's own in it."] };
      const score = scorer.score(picks);
      return {
        score: 1 / (1 + Math.exp((middle - score) / clear)),
        inRange: score >= lowestOwn(manner.ownScores, picks.length),
        features: describeDifferences(manner, picks),
      };
    },
  };
}

/** How near one text is to the owner's manner. One text never proves who wrote it. */
export function measure(text: string, profile: StyleProfile, audience?: Audience): StyleMeasure {
  return createStyleMeter(profile, audience).measure([text]);
}
