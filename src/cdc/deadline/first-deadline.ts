import type { Deadline, Language } from "../classification.ts";
import { findDeadline, namesDay, type WallClock } from "./find-deadline.ts";

const dayMinutes = 1440;
const dayMs = 86_400_000;

/**
 * The first deadline that a text sets, and the hours until then, negative behind it. The clock is looked at only where a
 * day is named, which most sentences do not.
 */
export function findFirstDeadline(
  sentences: readonly string[],
  language: Language,
  isRequest: boolean,
  readClock: () => WallClock,
): { readonly deadline?: Deadline; readonly hoursLeft?: number } {
  let clock: WallClock | undefined;
  for (const sentence of sentences) {
    if (!namesDay(sentence)) continue;
    clock ??= readClock();
    const deadline = findDeadline(sentence, language, clock, isRequest);
    if (deadline !== undefined) return { deadline, hoursLeft: countHours(deadline, clock) };
  }
  return {};
}

function countHours({ date, time = "23:59" }: Deadline, { today, minutes }: WallClock): number {
  const days = Date.parse(date) / dayMs - today;
  const [hours = 0, past = 0] = time.split(":").map(Number);
  return (days * dayMinutes + hours * 60 + past - minutes) / 60;
}
