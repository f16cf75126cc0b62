/** How near a text is to the reader's own manner, in words. 0.5 is where they and other people are told apart best. */
export function describeNearness(score: number): string {
  if (score >= 0.8) return "very much like you";
  if (score >= 0.6) return "like you";
  if (score >= 0.5) return "rather like you";
  if (score >= 0.3) return "not quite like you";
  return "not like you";
}
