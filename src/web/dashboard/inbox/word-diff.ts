/** A stretch of text that stayed, went or came. */
export interface DiffPart {
  readonly kind: "same" | "gone" | "new";
  readonly text: string;
}

/** Words, the space between them, and each other sign for itself. */
const word = /\s+|[\p{L}\p{N}_'’]+|[^\s\p{L}\p{N}_]/gu;
/** Beyond so many comparisons the changed stretch is shown as one. */
const maxCells = 1_000_000;

/** What an edit changes, word by word: the longest common sequence of words stays. */
export function diffWords(before: string, after: string): readonly DiffPart[] {
  const a = before.match(word) ?? [];
  const b = after.match(word) ?? [];
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  const middle = compare(a.slice(head, a.length - tail), b.slice(head, b.length - tail));
  return merge([
    { kind: "same", text: a.slice(0, head).join("") },
    ...middle,
    { kind: "same", text: a.slice(a.length - tail).join("") },
  ]);
}

function compare(a: readonly string[], b: readonly string[]): readonly DiffPart[] {
  if (a.length * b.length > maxCells)
    return [
      { kind: "gone", text: a.join("") },
      { kind: "new", text: b.join("") },
    ];
  // lengths[i][j]: how many words the rests from i and j on have in common.
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number): number => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      lengths[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const parts: DiffPart[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [mine = "", theirs = ""] = [a[i], b[j]];
    if (i < a.length && j < b.length && mine === theirs) {
      parts.push({ kind: "same", text: mine });
      i += 1;
      j += 1;
    } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) {
      parts.push({ kind: "gone", text: mine });
      i += 1;
    } else {
      parts.push({ kind: "new", text: theirs });
      j += 1;
    }
  }
  return parts;
}

/** Neighbours of one kind are one part; what went stands before what came. */
function merge(parts: readonly DiffPart[]): readonly DiffPart[] {
  const merged: DiffPart[] = [];
  for (const { kind, text } of parts) {
    if (text === "") continue;
    const last = merged.at(-1);
    if (last?.kind === kind) merged[merged.length - 1] = { kind, text: last.text + text };
    else merged.push({ kind, text });
  }
  return merged;
}
