import type { StyleProfile } from "../../src/core/style.ts";
import { applyHabits } from "../../src/style/apply/index.ts";
import { learnStyle } from "../../src/style/learn.ts";
import { createStyleMeter } from "../../src/style/measure.ts";
import type { Figure } from "./index.ts";
import { loadAuthors, type Author } from "./voice/authors.ts";
import { neutralDrafts } from "./voice/neutral-drafts.ts";
import { createReference } from "./voice/reference.ts";
import { verify, type Score } from "./voice/verification.ts";

const targets = { 20: 0.965, 5: 0.9, 1: 0.76 } as const;
const sizes = [20, 5, 1] as const;

/** How well a profile alone tells its owner's texts from those of others, on chats that are not part of the project. */
export async function measureVoice(runs: number): Promise<Figure[]> {
  const authors = await loadAuthors();
  if (authors === undefined) {
    process.stdout.write(
      "Nothing measured: irc-authors-dev.jsonl is not in ../shared/data nor in PARLANCE_BENCH_DATA.\n",
    );
    return [];
  }
  const profiles = authors.map(({ learn }) => needProfile(learnStyle(learn)));
  const scorers = profiles.map((profile): Score => {
    const meter = createStyleMeter(profile);
    return (texts) => meter.measure(texts).score;
  });
  const half = (items: readonly Author[] | readonly Score[], rest: number): never[] =>
    items.filter((_, index) => index % 2 === rest) as never[];
  console.table({
    ...row("all authors", authors, scorers),
    ...row("  half that was tuned on", half(authors, 0), half(scorers, 0)),
    ...row("  the other half", half(authors, 1), half(scorers, 1)),
    ...row("TF-IDF, knows all profiles", authors, createReference(authors)),
  });
  const inRange = profiles.map((profile, index) => shareInRange(profile, authors[index]?.rest ?? []));
  process.stdout.write(`Later messages, in batches of 20, within the owner's range: ${percent(mean(inRange))}\n`);
  return [
    ...sizes.map((size) => ({
      name: `telling the owner from others, batches of ${size}`,
      unit: "AUC",
      values: [verify(authors, scorers, size).pooled],
      target: `at least ${targets[size]}`,
    })),
    ...measureMoves(profiles),
    ...measureSpeed(authors, profiles, runs),
  ];
}

function row(name: string, authors: readonly Author[], scorers: readonly Score[]) {
  const cells = sizes.map((size) => {
    const { pooled, perAuthor } = verify(authors, scorers, size);
    return [`${size}: pooled / mean per author`, `${pooled.toFixed(3)} / ${perAuthor.toFixed(3)}`];
  });
  return { [name]: Object.fromEntries(cells) as Record<string, string> };
}

/** In how many authors the habits bring neutral drafts nearer to the author: drafts one by one, and all as a batch. */
function measureMoves(profiles: readonly StyleProfile[]): Figure[] {
  const threads = { "among many": { name: "kim", isGroup: true }, "one to one": {} };
  return Object.entries(threads).map(([where, thread]) => {
    const moves = profiles.map((profile) => {
      const meter = createStyleMeter(profile);
      const score = (drafts: readonly string[]): number => mean(drafts.map((draft) => meter.measure([draft]).score));
      return score(neutralDrafts.map((draft) => applyHabits(draft, profile, { thread }))) - score(neutralDrafts);
    });
    process.stdout.write(`Neutral drafts, ${where}: the score of one draft moves by ${mean(moves).toFixed(3)}\n`);
    return {
      name: `authors whom the habits bring drafts nearer, ${where}`,
      unit: "%",
      values: [(100 * moves.filter((move) => move > 0).length) / moves.length],
      target: "at least 90",
    };
  });
}

function measureSpeed(authors: readonly Author[], profiles: readonly StyleProfile[], runs: number): Figure[] {
  const thousand = authors.flatMap(({ learn }) => learn).slice(0, 1000);
  const texts = authors.flatMap(({ rest }) => rest).slice(0, 1000);
  const meter = createStyleMeter(needProfile(profiles[0]));
  const time = (work: () => void): number => {
    const start = performance.now();
    work();
    return performance.now() - start;
  };
  const times = Array.from({ length: runs });
  return [
    {
      name: "learning 1,000 messages",
      unit: "ms",
      values: times.map(() => time(() => void learnStyle(thousand))),
      target: "2,000",
    },
    {
      name: "measuring one text",
      unit: "ms",
      values: times.map(() => time(() => texts.forEach((text) => meter.measure([text]))) / texts.length),
      target: "1",
    },
    {
      name: "the largest profile",
      unit: "kB",
      values: [Math.max(...profiles.map((profile) => JSON.stringify(profile).length / 1000))],
      target: "200",
    },
  ];
}

function shareInRange(profile: StyleProfile, rest: readonly string[]): number {
  const meter = createStyleMeter(profile);
  const batches = Array.from({ length: Math.floor(rest.length / 20) }, (_, index) =>
    rest.slice(index * 20, index * 20 + 20),
  );
  return batches.filter((texts) => meter.measure(texts).inRange).length / Math.max(1, batches.length);
}

function needProfile(profile: StyleProfile | undefined): StyleProfile {
  if (profile === undefined) throw new Error("An author has fewer messages than the corpus promises.");
  return profile;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}
