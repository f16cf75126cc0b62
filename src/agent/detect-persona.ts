import type { Persona } from "../core/persona.ts";

/** Who fits what was said, and what it was found by: goes on from "because". */
export interface FoundPersona {
  readonly persona: Persona;
  readonly reason: string;
  /** Of the evidence; at least `enough`. */
  readonly score: number;
}

/** What is known of a message when a persona is looked for. */
export interface Occasion {
  readonly text: string;
  readonly channel: string;
  readonly senderId: string;
  /** Who was found for the message before it, if anybody. */
  readonly before?: string;
}

/** A pattern, and a word with "!" behind it, names the matter; one with "?" is said every day and only adds to others. */
const strongWeight = 2;
const weights: Readonly<Record<string, number>> = { "!": strongWeight, "?": 0.5 };
const enough = 1;
/** What is said in so few words is taken for a continuation. */
const maxFollowUpWords = 8;
const followUp =
  /^(and|so|but|then|why|how about|what about|what if|ok(ay)?|yes|no|it|that|this|these|those|und|aber|warum|was ist mit|et|mais|pourquoi|y|pero|por ?que)\b/i;
const maxChars = 8_000;

/**
 * The persona whose rules fit best: first those that name the person or the channel, then patterns and words. Words
 * that several personas claim count for less. Pure and without a model; personas without `when` are never found.
 */
export function detectPersona(personas: readonly Persona[], occasion: Occasion): FoundPersona | undefined {
  const named =
    personas.find(({ when }) => when?.people?.includes(occasion.senderId) === true) ??
    personas.find(({ when }) => when?.channels?.includes(occasion.channel) === true);
  if (named !== undefined) {
    const isPerson = named.when?.people?.includes(occasion.senderId) === true;
    return { persona: named, reason: isPerson ? "it is made for you" : "it is made for this channel", score: enough };
  }
  const text = occasion.text.slice(0, maxChars).normalize("NFC");
  const words = indexWords(personas);
  const scored = personas
    .map((persona) => ({ persona, ...weigh(persona, words, text) }))
    .filter(({ score }) => score > 0)
    .toSorted(
      (a, b) =>
        b.score - a.score || Number(b.persona.name === occasion.before) - Number(a.persona.name === occasion.before),
    );
  const [best] = scored;
  if (best !== undefined && best.score >= enough) {
    const level = scored.filter(({ score }) => score === best.score);
    const kept = level.find(({ persona }) => persona.name === occasion.before) ?? best;
    return { persona: kept.persona, reason: `you said ${formatEvidence(kept.evidence)}`, score: kept.score };
  }
  const before = personas.find(({ name }) => name === occasion.before);
  if (before !== undefined && isFollowUp(text)) return { persona: before, reason: "it answered before", score: enough };
  return undefined;
}

function isFollowUp(text: string): boolean {
  const words = text.trim().split(/\s+/).length;
  return words <= 3 || (words <= maxFollowUpWords && followUp.test(text.trim()));
}

function weigh(persona: Persona, words: WordIndex, text: string): { score: number; evidence: readonly string[] } {
  const evidence = new Set<string>();
  let score = 0;
  const patterns = persona.when?.patterns ?? [];
  const isHit = patterns.length > 0 && compile(patterns.map((pattern) => `(?:${pattern})`).join("|")).test(text);
  for (const pattern of isHit ? patterns : []) {
    for (const [match] of text.matchAll(compile(pattern))) {
      const key = match.trim().toLowerCase();
      if (evidence.has(key)) continue;
      evidence.add(key);
      score += strongWeight;
    }
  }
  const byPattern = [...evidence];
  for (const { pattern, weight, personas } of words.candidates(text)) {
    if (!personas.includes(persona.name)) continue;
    const [match] = compile(pattern).exec(text) ?? [];
    if (match === undefined) continue;
    const key = match.toLowerCase();
    if (evidence.has(key) || byPattern.some((found) => found.includes(key))) continue;
    evidence.add(key);
    score += weight / personas.length;
  }
  return { score, evidence: [...evidence] };
}

/** Words of all personas by their first letters, so that a message is not held against each of them. */
interface WordIndex {
  candidates(text: string): readonly WordEntry[];
}

interface WordEntry {
  readonly key: string;
  readonly pattern: string;
  readonly weight: number;
  /** Names of those that claim it. */
  readonly personas: readonly string[];
}

const indexes = new WeakMap<readonly Persona[], WordIndex>();
const keyLetters = 3;
const letters = /[\p{L}\p{N}]+/gu;

function indexWords(personas: readonly Persona[]): WordIndex {
  const known = indexes.get(personas);
  if (known !== undefined) return known;
  const claims = personas.flatMap(({ name, when }) => (when?.words ?? []).map((word) => ({ word, name })));
  const entries = Map.groupBy(claims, ({ word }) => word);
  const byKey = Map.groupBy(
    Array.from(entries, ([written, claimed]): WordEntry => {
      const weight = weights[written.at(-1) ?? ""];
      const personas = claimed.map(({ name }) => name);
      const word = weight === undefined ? written : written.slice(0, -1);
      const key = keyOf(word.match(letters)?.[0] ?? word);
      return { key, pattern: toPattern(word), weight: weight ?? 1, personas };
    }),
    ({ key }) => key,
  );
  const index: WordIndex = {
    candidates: (text) => {
      const keys = new Set(Array.from(text.toLowerCase().matchAll(letters), ([token]) => keyOf(token)));
      return [...keys].flatMap((key) => byKey.get(key) ?? []);
    },
  };
  indexes.set(personas, index);
  return index;
}

function keyOf(token: string): string {
  return token.slice(0, keyLetters);
}

function formatEvidence(evidence: readonly string[]): string {
  const shown = evidence.slice(0, 3).map((word) => `“${word}”`);
  return shown.length < 2 ? (shown[0] ?? "") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}

/** A word with its usual endings; a final "*" takes any. Spaces and hyphens stand for each other. */
function toPattern(word: string): string {
  const open = word.endsWith("*");
  const body = (open ? word.slice(0, -1) : word)
    .replaceAll(/[.+?^$()[\]{}|\\]/g, String.raw`\$&`)
    .replaceAll(/[\s-]+/g, String.raw`[\s-]?`);
  return String.raw`(?<![\p{L}\p{N}])${body}${open ? String.raw`\p{L}*` : "(?:e?s|ed|d|ing)?"}(?![\p{L}\p{N}])`;
}

const compiled = new Map<string, RegExp>();
const maxCompiled = 5_000;

/** Patterns come from files that a person wrote and that were checked to compile. */
function compile(pattern: string): RegExp {
  let found = compiled.get(pattern);
  if (found === undefined) {
    if (compiled.size >= maxCompiled) compiled.clear();
    found = new RegExp(pattern, "giu");
    compiled.set(pattern, found);
  }
  found.lastIndex = 0;
  return found;
}
