import type { Audience, Manner, Phrase, Spread, StyleProfile } from "../core/style.ts";
import { pickManner } from "./measure.ts";
import { formatSays } from "./differences.ts";
import { leanOf } from "./score.ts";
import { traits } from "./traits/index.ts";

const maxChars = 1_500;
/** The traits that a writer can follow and a reader notices; the others by how much they set the owner apart. */
const always = ["start", "i", "ending", "contractions"];
const mostOthers = 10;

/** The owner's manner as an instruction for a model: at most 1,500 characters, most important first. */
export function formatStyleGuide(profile: StyleProfile, audience?: Audience): string {
  const manner = pickManner(profile, audience);
  const { chars, words, sentences, sentenceWords, lines } = manner.spreads;
  const rows = [
    `Write as the owner writes (measured on ${manner.messages} of their messages). Facts come before style.`,
    `Length: ${formatSpread(words, "word")}, ${formatSpread(sentences, "sentence")}, at most ${chars.high} characters as a rule.`,
    ...(sentences.high > 1 ? [`Words in a sentence: ${formatSpread(sentenceWords)}.`] : []),
    lines.high <= 1 ? "All on one line." : `Lines: ${formatSpread(lines)}.`,
    formatPhrases("Greeting", manner.greetings),
    formatPhrases("Sign-off", manner.signOffs),
    formatPhrases("Emoji", manner.emoji),
    ...(manner.languages.length > 1 ? [formatPhrases("Language", manner.languages)] : []),
    ...always.flatMap((name) => formatTrait(manner, name) ?? []),
    ...listTelling(manner),
  ];
  let guide = "";
  for (const row of rows) if (guide.length + row.length + 3 <= maxChars) guide += guide === "" ? row : `\n- ${row}`;
  return guide;
}

function formatSpread({ low, median, high }: Spread, unit?: string): string {
  const middle = Math.round(median);
  const range = low === high ? "" : ` (${Math.round(low)} to ${Math.round(high)})`;
  return unit === undefined ? `${middle}${range}` : `${middle} ${unit}${middle === 1 ? "" : "s"}${range}`;
}

function formatPhrases(what: string, phrases: readonly Phrase[]): string {
  if (phrases.length === 0) return `${what}: none.`;
  const named = phrases.slice(0, 3).map(({ text, share }) => `${JSON.stringify(text)} in ${percent(share)}`);
  return `${what}: ${named.join(", ")}.`;
}

/** "80% begin in lower case, 15% begin with a capital." */
function formatTrait({ shares }: Manner, name: string): string | undefined {
  const trait = traits.find((each) => each.name === name);
  const options = Object.entries(trait?.options ?? {})
    .map(([option, { says }]) => ({ says, share: shares[name]?.[option] ?? 0 }))
    .filter(({ share }) => share >= 0.1)
    .toSorted((a, b) => b.share - a.share)
    .slice(0, 3);
  return options.length === 0
    ? undefined
    : `${formatSays(options.map(({ says, share }) => `${percent(share)} ${says}`).join(", "), trait?.when)}.`;
}

function listTelling({ shares }: Manner): readonly string[] {
  return traits
    .filter(({ name }) => !always.includes(name) && name !== "length")
    .flatMap(({ name, options, when }) =>
      Object.entries(options)
        .filter(([option]) => option !== "no")
        .map(([option, { says, share: general }]) => {
          const share = shares[name]?.[option] ?? general;
          return { says: formatSays(says, when), share, lean: Math.abs(leanOf(share, general)) };
        })
        .toSorted((a, b) => b.lean - a.lean)
        .slice(0, 1),
    )
    .toSorted((a, b) => b.lean - a.lean)
    .slice(0, mostOthers)
    .map(({ says, share }) => `${percent(share)} ${says}.`);
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}
