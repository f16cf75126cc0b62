import { english } from "../languages/english.ts";
import { listSentences } from "../sentences.ts";
import { listClauses } from "./clauses.ts";
import { findAsked } from "./find-asks.ts";
import { speechActs } from "./speech-acts.ts";
import { listTokens } from "./tokens.ts";
import type { FindClass } from "./word-classes.ts";

/*
 * What the model sees of a text: runs of one to three words, runs of one to five word classes, runs of both mixed, pairs
 * of words near each other, and what its clauses do (which act comes first, last and next, and by which verb). A feature
 * is a number: kind and parts, mixed. That takes a tenth of the time that texts would, and ships no word of anybody's mail.
 */

const kindsOfFeatures = {
  words: 1,
  classes: 2,
  wordFirst: 4,
  near: 5,
  verb: 7,
  firstAct: 8,
  lastAct: 9,
  nextAct: 10,
  shape: 11,
  asked: 12,
  speechAct: 13,
} as const;
type Kind = (typeof kindsOfFeatures)[keyof typeof kindsOfFeatures];

/** How loudly each kind speaks before anything is learned, found in cross-validation; speech acts carry over best. */
const strengths: Readonly<Record<Kind, number>> = {
  1: 1,
  2: 0.5,
  4: 1,
  5: 1,
  7: 0.5,
  8: 1,
  9: 1,
  10: 1,
  11: 1,
  12: 0.5,
  13: 2,
};
const nearWords = 5;

/** FNV-1a over UTF-16 code units. */
function hashText(text: string): number {
  let hash = 0x81_1c_9d_c5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01_00_01_93);
  return hash >>> 0;
}

/** The steps of MurmurHash3. */
function mix(hash: number, part: number): number {
  let key = Math.imul(part, 0xcc_9e_2d_51);
  key = Math.imul((key << 15) | (key >>> 17), 0x1b_87_35_93);
  const mixed = hash ^ key;
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6_54_6b_64) | 0;
}

/** Adds the feature of a kind with up to five parts. */
type Add = (kind: Kind, first: number, second?: number, third?: number, fourth?: number, fifth?: number) => void;

/**
 * The features of a text, whole numbers of 32 bits, each with its part: the squares of all parts are one together, so
 * that a long text is not surer than a short one.
 */
export function listFeatures(text: string, findClass: FindClass): ReadonlyMap<number, number> {
  const tokens = listTokens(text);
  const words = tokens.map(({ word }) => word);
  const kinds = tokens.map(({ word, isName }) => toClass(word, isName, findClass));
  const features = new Map<number, number>();
  let squares = 0;
  const add: Add = (kind, first, second, third, fourth, fifth) => {
    let hash = mix(mix(0, kind), first);
    if (second !== undefined) hash = mix(hash, second);
    if (third !== undefined) hash = mix(hash, third);
    if (fourth !== undefined) hash = mix(hash, fourth);
    if (fifth !== undefined) hash = mix(hash, fifth);
    const feature = hash >>> 0;
    if (features.has(feature)) return;
    features.set(feature, strengths[kind]);
    squares += strengths[kind] ** 2;
  };
  addRuns(["^", ...words, "$"].map(hashText), ["^", ...kinds, "$"].map(hashText), add);

  const clauses = listClauses(words, kinds, findClass);
  clauses.forEach(({ act, verb, verbClass, isPolite, end }, index) => {
    const [does, polite, by] = [hashText(act), isPolite ? 1 : 2, hashText(verbClass)];
    const { verb: isVerb, firstAct, lastAct, nextAct } = kindsOfFeatures;
    add(isVerb, hashText(verb), polite);
    add(isVerb, by, polite);
    if (index === 0) add(firstAct, does, polite);
    if (index === clauses.length - 1) add(lastAct, does, polite, hashText(end));
    const next = clauses[index + 1];
    if (next === undefined) return;
    add(nextAct, does, hashText(next.act));
    add(
      nextAct,
      hashText(act.split("-", 1)[0] ?? ""),
      hashText(next.act),
      next.isPolite ? 1 : 2,
      hashText(next.verbClass),
    );
  });

  const { shape } = kindsOfFeatures;
  add(shape, 1, Math.min(6, Math.floor(Math.log2(words.length + 1))));
  add(shape, 2, Math.min(5, clauses.length));
  if (words.at(-1) === "?") add(shape, 3);
  if (words.includes("you") || words.includes("your")) add(shape, 4);
  addAsked(text, hashText(clauses[0]?.act ?? ""), add);
  if (words.includes("<link>")) add(shape, 5, words.at(-1) === "<link>" ? 1 : 0);
  const length = Math.sqrt(squares);
  for (const [feature, strength] of features) features.set(feature, strength / length);
  return features;
}

/** What the grammar finds, sentence by sentence: how often it is right the model learns. */
function addAsked(text: string, firstAct: number, add: Add): void {
  const { asked: isAsked, speechAct: isAct } = kindsOfFeatures;
  let strongest = 0;
  for (const sentence of listSentences(text)) {
    const asked = findAsked(sentence, english);
    if (asked === undefined) continue;
    const how = (asked.kind === "request" ? 10 : 20) + Math.round(asked.confidence * 10);
    add(isAsked, 1, how);
    add(isAsked, 2, how, firstAct);
    strongest = Math.max(strongest, asked.confidence);
  }
  add(isAsked, 3, Math.round(strongest * 100));
  const isQuestion = text.trimEnd().endsWith("?") ? 1 : 2;
  const acts: number[] = [];
  speechActs.forEach((pattern, index) => {
    if (pattern.test(text)) acts.push(index);
  });
  acts.forEach((act, index) => {
    add(isAct, act);
    add(isAct, act, isQuestion);
    add(isAct, act, 3, firstAct);
    for (const other of acts.slice(index + 1)) add(isAct, act, 4, other);
  });
}

function addRuns(words: readonly number[], kinds: readonly number[], add: Add): void {
  const { words: isWords, classes, wordFirst, near } = kindsOfFeatures;
  const at = (list: readonly number[], index: number): number => list[index] ?? 0;
  for (let index = 0; index < words.length; index++) {
    const word = at(words, index);
    const kind = at(kinds, index);
    add(isWords, word);
    if (index + 1 < words.length) {
      add(isWords, word, at(words, index + 1));
      add(wordFirst, word, at(kinds, index + 1));
    }
    if (index + 2 < words.length) {
      add(isWords, word, at(words, index + 1), at(words, index + 2));
      add(wordFirst, word, at(kinds, index + 1), at(words, index + 2));
    }
    for (let far = index + 2; far <= Math.min(index + nearWords, words.length - 1); far++)
      add(near, word, at(words, far));
    const [k1, k2, k3, k4] = kinds.slice(index + 1, index + 5);
    add(classes, kind);
    if (k1 !== undefined) add(classes, kind, k1);
    if (k2 !== undefined) add(classes, kind, k1, k2);
    if (k3 !== undefined) add(classes, kind, k1, k2, k3);
    if (k4 !== undefined) add(classes, kind, k1, k2, k3, k4);
  }
}

function toClass(word: string, isName: boolean, findClass: FindClass): string {
  const known = findClass(word);
  if (known !== undefined) return known;
  if (!/^\p{L}/u.test(word)) return word;
  if (isName) return "NAME";
  if (word.endsWith("ing")) return "-ing";
  if (word.endsWith("ed")) return "-ed";
  if (word.endsWith("ly")) return "-ly";
  return word.endsWith("s") ? "-s" : "x";
}
