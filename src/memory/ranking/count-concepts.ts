import { irregularForms } from "./irregular.ts";
import type { QueryConcept } from "./query.ts";
import { fold, isWordCode, toTerm } from "./words.ts";

/** Adds the weighted occurrences of each concept to `counts`, from `offset` on; returns the number of words. */
export type CountConcepts = (text: string, counts: Float64Array, offset: number) => number;

type Hits = ReadonlyArray<readonly [concept: number, weight: number]>;

/**
 * Counts concepts in texts. Hundreds of texts are counted for one question, so a word is only looked at closer when its
 * first three letters can belong to one of the concepts.
 */
export function createCounter(concepts: readonly QueryConcept[], alternative: number): CountConcepts {
  const hitsOfTerm = listHits(concepts, alternative);
  const isBeginning = markBeginnings(hitsOfTerm.keys());
  const known = new Map<string, Hits | undefined>();
  const lookUp = (word: string): Hits | undefined => {
    let hits = known.get(word);
    if (hits === undefined && !known.has(word)) {
      hits = hitsOfTerm.get(toTerm(word) ?? "");
      known.set(word, hits);
    }
    return hits;
  };

  return (text, counts, offset) => {
    const folded = fold(text);
    let words = 0;
    let at = 0;
    while (at < folded.length) {
      if (!isWordCode(folded.charCodeAt(at))) {
        at += 1;
        continue;
      }
      const start = at;
      while (at < folded.length && isWordCode(folded.charCodeAt(at))) at += 1;
      words += 1;
      if (isBeginning[beginningOf(folded, start, at)] !== 1) continue;
      const hits = lookUp(folded.slice(start, at));
      if (hits !== undefined)
        for (const [concept, weight] of hits) counts[offset + concept] = (counts[offset + concept] ?? 0) + weight;
    }
    return words;
  };
}

/** A term may stand for several concepts, for one of them itself. */
function listHits(concepts: readonly QueryConcept[], alternative: number): ReadonlyMap<string, Hits> {
  const hits = new Map<string, Array<readonly [number, number]>>();
  const add = (term: string, concept: number, weight: number) => {
    const known = hits.get(term);
    if (known === undefined) hits.set(term, [[concept, weight]]);
    else known.push([concept, weight]);
  };
  concepts.forEach(({ term, alternatives }, concept) => {
    add(term, concept, 1);
    for (const other of alternatives) add(other, concept, alternative);
  });
  return hits;
}

/** Stemming may change the last letter of what it leaves, and nothing before that. */
function markBeginnings(terms: Iterable<string>): Uint8Array {
  const marks = new Uint8Array(1 << 15);
  for (const term of terms) {
    const beginning = beginningOf(term, 0, term.length);
    if (term.length > 3) marks[beginning] = 1;
    else marks.fill(1, beginning & ~31, (beginning | 31) + 1);
  }
  const irregular = [...irregularForms].filter(([, word]) => marks[beginningOf(word, 0, word.length)] === 1);
  for (const [form] of irregular) marks[beginningOf(form, 0, form.length)] = 1;
  return marks;
}

/** Of the first three letters; below 32,768. Others may have the same. */
function beginningOf(text: string, start: number, end: number): number {
  const first = text.charCodeAt(start) & 31;
  const second = start + 1 < end ? text.charCodeAt(start + 1) & 31 : 0;
  const third = start + 2 < end ? text.charCodeAt(start + 2) & 31 : 0;
  return (first << 10) | (second << 5) | third;
}
