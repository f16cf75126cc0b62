import { showHidden } from "../core/quote.ts";
import type { Manner, Phrase, StyleMeasure, StyleProfile } from "../core/style.ts";
import { formatSays } from "./differences.ts";
import { leanOf } from "./score.ts";
import { traits } from "./traits/index.ts";

const barCells = 20;
const mostRows = 14;

/** What paints a text; does nothing where there are no colours. */
export type Paint = (style: "bold" | "dim" | "green" | "yellow", text: string) => string;

/** A profile in at most 60 columns: what sets the owner apart, with bars and the share among people in general. */
export function drawProfile({ general, audiences }: StyleProfile, paint: Paint): string {
  const { words, sentences, chars } = general.spreads;
  const names = Object.keys(audiences).length;
  return [
    paint("bold", `${general.messages} messages, ${names === 0 ? "no audience of its own" : `${names} audiences`}`),
    `length     ${drawSpan(chars.low, chars.median, chars.high)} characters`,
    `words      ${drawSpan(words.low, words.median, words.high)}`,
    `sentences  ${drawSpan(sentences.low, sentences.median, sentences.high)}`,
    ...drawPhrases("greeting", general.greetings),
    ...drawPhrases("sign-off", general.signOffs),
    ...drawPhrases("emoji", general.emoji),
    ...drawPhrases("language", general.languages),
    "",
    paint("bold", "What sets the owner apart") + paint("dim", "  █ owner  ┆ people in general"),
    ...listApart(general).flatMap(({ says, share, usual }) => [
      fit(says, 58),
      `  ${drawBar(share, usual, paint)} ${percent(share)}`,
    ]),
  ].join("\n");
}

/** How texts compare, in the same columns. */
export function drawMeasure({ score, inRange, features }: StyleMeasure, texts: number): string {
  const verdict = inRange ? "within the owner's range" : "outside the owner's range";
  const caution = texts < 5 ? ["  Few texts: this proves nothing about who wrote them."] : [];
  return [
    `${score.toFixed(2)} ${"█".repeat(Math.round(score * barCells)).padEnd(barCells, "·")} ${verdict}`,
    ...features.flatMap((feature) => wrap(`- ${feature}`)),
    ...caution,
  ].join("\n");
}

function drawSpan(low: number, median: number, high: number): string {
  if (Math.round(low) === Math.round(high)) return `${Math.round(median)}`;
  return `${Math.round(low)} to ${Math.round(high)}, mostly about ${Math.round(median)}`;
}

function drawPhrases(what: string, phrases: readonly Phrase[]): readonly string[] {
  if (phrases.length === 0) return [];
  const shown = phrases
    .slice(0, 3)
    .map(({ text, share }) => `${showHidden(text.replaceAll("\n", " / "))} ${percent(share)}`);
  return [fit(`${what.padEnd(11)}${shown.join(", ")}`, 60)];
}

function listApart({
  shares,
}: Manner): readonly { readonly says: string; readonly share: number; readonly usual: number }[] {
  return traits
    .flatMap(({ name, options, when }) =>
      Object.entries(options)
        .filter(([option]) => option !== "no")
        .map(([option, { says, share: usual }]) => {
          const share = shares[name]?.[option] ?? usual;
          return { says: formatSays(says, when), share, usual, lean: Math.abs(leanOf(share, usual)) };
        })
        .toSorted((a, b) => b.lean - a.lean)
        .slice(0, 1),
    )
    .toSorted((a, b) => b.lean - a.lean)
    .slice(0, mostRows);
}

function drawBar(share: number, usual: number, paint: Paint): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * barCells);
  const mark = Math.min(barCells - 1, Math.round(usual * barCells));
  const cells = Array.from({ length: barCells }, (_, index) => (index === mark ? "┆" : index < filled ? "█" : "·"));
  return paint(share >= usual ? "green" : "yellow", cells.join(""));
}

function fit(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

function wrap(text: string): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + word.length + 1 > 60) {
      lines.push(line);
      line = ` ${word}`;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}
