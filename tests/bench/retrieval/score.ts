import type { Dialogue, Question } from "./dialogues.ts";

/** Ids of turns, best first. */
export type Search = (question: string, limit: number) => readonly string[] | Promise<readonly string[]>;

export interface Row {
  readonly dialogue: string;
  readonly isAdversarial: boolean;
  readonly at5: number;
  readonly at10: number;
}

/** Share of the evidence among the first 5 and 10, for each question. */
export async function scoreSearch(dialogue: Dialogue, search: Search): Promise<Row[]> {
  const rows: Row[] = [];
  for (const question of dialogue.questions) {
    const ids = await search(question.text, 10);
    rows.push({
      dialogue: dialogue.name,
      isAdversarial: question.isAdversarial,
      at5: recall(question, ids.slice(0, 5)),
      at10: recall(question, ids.slice(0, 10)),
    });
  }
  return rows;
}

function recall({ evidence }: Question, ids: readonly string[]): number {
  return evidence.filter((id) => ids.includes(id)).length / evidence.length;
}

/** Mean over questions, in percent: "70.1 / 78.9" for the first 5 and 10. */
export function formatMeans(rows: readonly Row[]): string {
  return `${percent(mean(rows, "at5"))} / ${percent(mean(rows, "at10"))}`;
}

export function mean(rows: readonly Row[], key: "at5" | "at10"): number {
  return rows.reduce((sum, row) => sum + row[key], 0) / Math.max(1, rows.length);
}

function percent(share: number): string {
  return (100 * share).toFixed(1);
}
