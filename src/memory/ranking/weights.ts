/**
 * What the order of finds depends on. Round numbers, set by hand for what they mean; `npm run bench -- retrieval` shows
 * what neighbouring values would do, with each dialogue judged by values picked on the others.
 */
export interface RankingWeights {
  /**
   * How much the words of a neighbour say of a record, nearest first: an answer follows the question that has the words,
   * and a reply takes up the words of what it replies to.
   */
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** BM25's k1: how soon more of the same word says nothing more. */
  readonly saturation: number;
  /** BM25's b: how much long texts are held back. */
  readonly lengths: number;
  /** What a word counts that only stands for the one asked for. */
  readonly alternative: number;
  /** What a word counts that shapes the question rather than say what it is about. */
  readonly vague: number;
  /** Who is asked about has more often said it. Not much: people tell of others, too. */
  readonly speaker: number;
  /** A question that names a month means what was said in it, more often than not. */
  readonly time: number;
  /** "When" is answered by a text that names a time. */
  readonly when: number;
  /** A text of nothing but questions tells nothing: taken off. */
  readonly question: number;
  /** Who tells of themselves says "I". */
  readonly own: number;
  /** A text of 40 words tells more than a cheer. */
  readonly length: number;
}

export const rankingWeights: RankingWeights = {
  before: [0.7, 0.5, 0.3, 0.2],
  after: [0.5, 0.3, 0.2],
  saturation: 1,
  lengths: 0.6,
  alternative: 0.2,
  vague: 0.5,
  speaker: 0.25,
  time: 0.8,
  when: 0.2,
  question: 0.5,
  own: 0.2,
  length: 0.2,
};
