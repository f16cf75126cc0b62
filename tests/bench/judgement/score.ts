/** How often was right what was said. */
export interface Score {
  readonly f1: number;
  readonly precision: number;
  readonly recall: number;
}

export interface Answer {
  readonly wanted: boolean;
  readonly said: boolean;
}

export function scoreAnswers(pairs: readonly Answer[]): Score {
  const right = pairs.filter(({ wanted, said }) => wanted && said).length;
  const said = pairs.filter((pair) => pair.said).length;
  const wanted = pairs.filter((pair) => pair.wanted).length;
  const precision = right / Math.max(1, said);
  const recall = right / Math.max(1, wanted);
  return { precision, recall, f1: (2 * right) / Math.max(1, said + wanted) };
}
