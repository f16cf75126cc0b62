import type { Shares } from "../core/style.ts";
import { traits } from "./traits/index.ts";

/** Which option of each trait one message takes, in the order of the traits. */
export type Picks = readonly (string | undefined)[];

export interface Counted {
  readonly picks: Picks;
  /** 1 for the newest message, less for older ones. */
  readonly weight: number;
}

/** Messages in general that are mixed in, so that three messages say little and three hundred say all. */
const generalMessages = 3;
/** All messages of the owner, mixed into the recent ones: where little is recent, the old manner holds. */
const pastMessages = 10;

/** Counts that messages can be taken out of again: for scoring messages by the others. */
export interface ShareCounts {
  add(counted: Counted, sign: 1 | -1): void;
  shares(): Shares;
}

export function createShareCounts(): ShareCounts {
  const counts = traits.map(({ options }) =>
    Object.keys(options).map((option) => ({ option, share: options[option]?.share ?? 0, all: 0, recent: 0 })),
  );
  return {
    add({ picks, weight }, sign) {
      picks.forEach((pick, index) => {
        const count = counts[index]?.find(({ option }) => option === pick);
        if (count === undefined) return;
        count.all += sign;
        count.recent += sign * weight;
      });
    },
    shares: () =>
      Object.fromEntries(
        traits.map(({ name }, index) => {
          const options = counts[index] ?? [];
          const all = options.reduce((sum, count) => sum + count.all, 0);
          const recent = options.reduce((sum, count) => sum + count.recent, 0);
          const shares = options.map((count) => {
            const past = (count.all + generalMessages * count.share) / (all + generalMessages);
            return [count.option, (count.recent + pastMessages * past) / (recent + pastMessages)] as const;
          });
          return [name, Object.fromEntries(shares)];
        }),
      ),
  };
}
