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
const keyLetters = 3;
const letters = /[\p{L}\p{N}]+/gu;

interface Rules {
  readonly persona: Persona;
  /** Is there any hit at all? Asked first: most patterns of most personas meet nothing. */
  readonly anyPattern: RegExp | undefined;
  readonly patterns: readonly RegExp[];
}

/** A word of one or several personas. */
interface Word {
  /** The first letters, by which it is found. */
  readonly key: string;
  /** Made when it is first asked for: most of a thousand words are never said. */
  readonly pattern: () => RegExp;
  readonly weight: number;
  /** Names of those that claim it. */
  readonly personas: readonly string[];
}

/**
 * Finds the persona whose rules fit best: first those that name the person or the channel, then patterns and words.
 * Words that several personas claim count for less. Without a model; personas without `when` are never found.
 */
export function createPersonaDetector(personas: readonly Persona[]): (occasion: Occasion) => FoundPersona | undefined {
  const rules = personas.map((persona): Rules => {
    const patterns = persona.when?.patterns ?? [];
    return {
      persona,
      anyPattern: patterns.length === 0 ? undefined : new RegExp(patterns.map((one) => `(?:${one})`).join("|"), "iu"),
      patterns: patterns.map((one) => new RegExp(one, "giu")),
    };
  });
  const claims = personas.flatMap(({ name, when }) => (when?.words ?? []).map((written) => ({ written, name })));
  const words = Map.groupBy(
    Array.from(
      Map.groupBy(claims, ({ written }) => written),
      ([written, claimed]) =>
        toWord(
          written,
          claimed.map(({ name }) => name),
        ),
    ),
    ({ key }) => key,
  );

  return function detect(occasion) {
    const named = findNamed(personas, occasion);
    if (named !== undefined) return named;
    const text = occasion.text.slice(0, maxChars).normalize("NFC");
    const found = findWords(text);
    const scored = rules
      .map((rule) => ({ persona: rule.persona, ...weigh(rule, text, found) }))
      .filter(({ score }) => score >= enough)
      .toSorted((a, b) => b.score - a.score);
    const level = scored.filter(({ score }) => score === scored[0]?.score);
    const best = level.find(({ persona }) => persona.name === occasion.before) ?? level[0];
    if (best !== undefined)
      return { persona: best.persona, reason: `you said ${formatEvidence(best.evidence)}`, score: best.score };
    const before = personas.find(({ name }) => name === occasion.before);
    if (before === undefined || !isFollowUp(text)) return undefined;
    return { persona: before, reason: "it answered before", score: enough };
  };

  /** The words said, as they were said. A message is held only against words that begin like one of its own. */
  function findWords(text: string): readonly (Word & { readonly said: string })[] {
    const keys = new Set(Array.from(text.toLowerCase().matchAll(letters), ([token]) => token.slice(0, keyLetters)));
    return [...keys].flatMap((key) =>
      (words.get(key) ?? []).flatMap((word) => {
        const [said] = word.pattern().exec(text) ?? [];
        return said === undefined ? [] : [{ ...word, said: said.toLowerCase() }];
      }),
    );
  }
}

function findNamed(personas: readonly Persona[], { senderId, channel }: Occasion): FoundPersona | undefined {
  const forPerson = personas.find(({ when }) => when?.people?.includes(senderId) === true);
  if (forPerson !== undefined) return { persona: forPerson, reason: "it is made for you", score: enough };
  const forChannel = personas.find(({ when }) => when?.channels?.includes(channel) === true);
  return forChannel && { persona: forChannel, reason: "it is made for this channel", score: enough };
}

function isFollowUp(text: string): boolean {
  const count = text.trim().split(/\s+/).length;
  return count <= 3 || (count <= maxFollowUpWords && followUp.test(text.trim()));
}

function weigh(
  { persona, anyPattern, patterns }: Rules,
  text: string,
  words: readonly (Word & { readonly said: string })[],
): { readonly score: number; readonly evidence: readonly string[] } {
  const matter = new Set<string>();
  if (anyPattern?.test(text) === true)
    for (const pattern of patterns)
      for (const [match] of text.matchAll(pattern)) matter.add(match.trim().toLowerCase());
  let score = matter.size * strongWeight;
  const hints = new Set<string>();
  for (const { said, weight, personas } of words) {
    if (!personas.includes(persona.name) || hints.has(said)) continue;
    if ([...matter].some((match) => match.includes(said))) continue;
    hints.add(said);
    score += weight / personas.length;
  }
  return { score, evidence: [...matter, ...hints] };
}

function formatEvidence(evidence: readonly string[]): string {
  const shown = evidence.slice(0, 3).map((word) => `“${word}”`);
  return shown.length < 2 ? (shown[0] ?? "") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}

function toWord(written: string, personas: readonly string[]): Word {
  const weight = weights[written.at(-1) ?? ""];
  const word = weight === undefined ? written : written.slice(0, -1);
  const key = (word.match(letters)?.[0] ?? word).slice(0, keyLetters);
  let made: RegExp | undefined;
  const pattern = (): RegExp => (made ??= new RegExp(toPattern(word), "iu"));
  return { key, pattern, weight: weight ?? 1, personas };
}

/** A word with its usual endings; a final "*" takes any. Spaces and hyphens stand for each other. */
function toPattern(word: string): string {
  const isOpen = word.endsWith("*");
  const body = (isOpen ? word.slice(0, -1) : word)
    .replaceAll(/[.+?^$()[\]{}|\\*]/g, String.raw`\$&`)
    .replaceAll(/[\s-]+/g, String.raw`[\s-]?`);
  return String.raw`(?<![\p{L}\p{N}])${body}${isOpen ? String.raw`\p{L}*` : "(?:e?s|ed|d|ing)?"}(?![\p{L}\p{N}])`;
}
