import { parseQuery, rank, tokenize, windowAfter, windowBefore } from "../../../src/memory/ranking/index.ts";
import { median } from "../median.ts";
import { createBm25 } from "./bm25.ts";
import { placeTurn, type Dialogue } from "./dialogues.ts";

const candidates = 200;
const warmUp = 100;

/** Median ms of putting 200 candidates in order, from all dialogues at once: few of them are neighbours. */
export function measureRank(dialogues: readonly Dialogue[]): number {
  const places = dialogues.flatMap(({ name, turns }) => {
    const records = turns.map((turn) => ({ ...turn, id: `${name}/${turn.id}` }));
    return records.map((_, at) => placeTurn(records, at, windowBefore, windowAfter));
  });
  const search = createBm25(places.map(({ record }) => tokenize(record.text)));
  const times = dialogues
    .flatMap(({ questions }) => questions)
    .map(({ text }) => {
      const query = parseQuery(text, Date.now());
      const found = search(query.terms, candidates).flatMap((at) => places[at] ?? []);
      const began = performance.now();
      rank(query, found, { limit: 10 });
      return performance.now() - began;
    });
  return median(times.slice(warmUp));
}
