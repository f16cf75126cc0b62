import {
  formatWindow,
  parseQuery,
  rank,
  tokenize,
  windowAfter,
  windowBefore,
} from "../../../src/memory/ranking/index.ts";
import type { RankingWeights } from "../../../src/memory/ranking/weights.ts";
import { createBm25 } from "./bm25.ts";
import { placeTurn, type Dialogue } from "./dialogues.ts";
import type { Search } from "./score.ts";

/** As many as the product asks its index for. */
const candidates = 100;

export type Method = (dialogue: Dialogue) => Search;

/** Each turn by its own text. */
export const searchPlain: Method = (dialogue) => searchTexts(dialogue, (at) => dialogue.turns[at]?.text ?? "");

/** Each turn by its text and that of the turn before it. */
export const searchPairs: Method = (dialogue) =>
  searchTexts(dialogue, (at) => `${dialogue.turns[at - 1]?.text ?? ""}\n${dialogue.turns[at]?.text ?? ""}`);

function searchTexts({ turns }: Dialogue, textOf: (at: number) => string): Search {
  const search = createBm25(turns.map((_, at) => tokenize(textOf(at))));
  return (question, limit) => search(tokenize(question), limit).map((at) => turns[at]?.id ?? "");
}

/** What the product does, with BM25 in memory in the place of its index. */
export function searchRanked(weights?: RankingWeights): Method {
  return ({ turns }) => {
    const places = turns.map((_, at) => placeTurn(turns, at, windowBefore, windowAfter));
    const search = createBm25(places.map(({ before, record }) => tokenize(formatWindow(before, record))));
    return (question, limit) => {
      const query = parseQuery(question, Date.now());
      const found = search(query.terms, candidates).flatMap((at) => places[at] ?? []);
      const options = { limit, ...(weights === undefined ? {} : { weights }) };
      return rank(query, found, options).map(({ record }) => record.id);
    };
  };
}
