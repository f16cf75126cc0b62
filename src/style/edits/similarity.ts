const mostTokens = 1_500;

/** How much of two texts is the same, 0 to 1: twice their longest common run of words and signs, over both lengths. */
export function compareTexts(one: string, other: string): number {
  const a = tokenise(one);
  const b = tokenise(other);
  if (a.length + b.length === 0) return 1;
  return (2 * countCommon(a, b)) / (a.length + b.length);
}

function tokenise(text: string): readonly string[] {
  return (text.match(/[\p{L}\p{M}\d]+|[^\s\p{L}\p{M}\d]|\n/gu) ?? []).slice(0, mostTokens);
}

function countCommon(a: readonly string[], b: readonly string[]): number {
  let before = new Uint16Array(b.length + 1);
  for (const token of a) {
    const row = new Uint16Array(b.length + 1);
    for (let index = 0; index < b.length; index += 1)
      row[index + 1] =
        token === b[index] ? (before[index] ?? 0) + 1 : Math.max(before[index + 1] ?? 0, row[index] ?? 0);
    before = row;
  }
  return before[b.length] ?? 0;
}
