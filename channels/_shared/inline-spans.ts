/** A piece of CommonMark within a paragraph that a cut would tear: a link, a picture, emphasis, code. */
export interface InlineSpan {
  readonly start: number;
  readonly end: number;
  /** Where what people read begins and ends; a cut in there can be mended. */
  readonly innerStart: number;
  readonly innerEnd: number;
  /** Put before what is left, and behind what is cut off, they mend it. */
  readonly opening: string;
  readonly closing: string;
  /** Only of links and pictures. */
  readonly address?: string;
}

const escaped = String.raw`\\[^]|\*{4,}|_{4,}`;
const gap = String.raw`(?<gap>\n[ \t]*\n)`;
const code = String.raw`(?<tick>(?<!\x60)\x60{1,2}(?!\x60))(?<code>(?:(?!\n\n)[^\x60])+)\k<tick>(?!\x60)`;
const words = String.raw`(?<words>(?:\\[^]|(?!\n\n)[^[\]\\]|!?\[(?:\\[^]|[^[\]\\])*\](?:\([^()\s]*\))?)*)`;
const address = String.raw`(?<address><[^<>\n]*>|(?:[^\s()<]|\([^\s()]*\))*)`;
const link = String.raw`(?<sign>!?\[)${words}\]\(${address}(?:\s+(?:"[^"]*"|'[^']*'))?\)`;
const side = String.raw`(?<side>\*{1,3}|_{1,3}|~~)`;
const pattern = new RegExp([escaped, gap, code, link, side].join("|"), "gu");

/** The spans of a text, outer ones before those in them. A pattern only: what it takes for a span too much costs nothing. */
export function findInlineSpans(text: string, offset = 0): readonly InlineSpan[] {
  if (!/[`[*_~]/.test(text)) return [];
  const spans: InlineSpan[] = [];
  const emphasis = createPairing();
  for (const match of text.matchAll(pattern)) {
    const { groups = {}, index, 0: raw } = match;
    const opening = groups["tick"] ?? groups["sign"];
    const read = groups["code"] ?? groups["words"];
    if (groups["gap"] !== undefined) emphasis.clear();
    if (groups["side"] !== undefined) {
      const opened = emphasis.take(raw, text, index);
      if (opened !== undefined) spans.push(createSpan(offset + opened, raw, index - opened - raw.length, raw));
    }
    if (opening === undefined || read === undefined) continue;
    const span = createSpan(offset + index, opening, read.length, raw.slice(opening.length + read.length));
    const { address: to } = groups;
    spans.push(to === undefined ? span : { ...span, address: to.replace(/^<(.*)>$/, "$1") });
    if (groups["words"] !== undefined) spans.push(...findInlineSpans(read, span.innerStart));
  }
  return spans.toSorted((a, b) => a.start - b.start || b.end - a.end);
}

function createSpan(start: number, opening: string, length: number, closing: string): InlineSpan {
  const innerStart = start + opening.length;
  const innerEnd = innerStart + length;
  return { start, innerStart, innerEnd, end: innerEnd + closing.length, opening, closing };
}

/** Pairs marks of emphasis in a time that grows with their number, unlike a pattern that looks ahead from each. */
function createPairing(): {
  /** Where the pair that this mark closes was opened; undefined when it closes none. */
  take(mark: string, text: string, at: number): number | undefined;
  clear(): void;
} {
  let open: { readonly mark: string; readonly at: number }[] = [];
  let counts = new Map<string, number>();
  const count = (mark: string, by: number): void => void counts.set(mark, (counts.get(mark) ?? 0) + by);
  return {
    take(mark, text, at) {
      const before = text.slice(Math.max(0, at - 2), at);
      const after = text.slice(at + mark.length, at + mark.length + 2);
      const isWithinWord = mark.startsWith("_") && /[\p{L}\p{N}]$/u.test(before) && /^[\p{L}\p{N}]/u.test(after);
      if (isWithinWord) return undefined;
      if (/\S$/.test(before) && (counts.get(mark) ?? 0) > 0) {
        for (let last = open.pop(); last !== undefined; last = open.pop()) {
          count(last.mark, -1);
          if (last.mark === mark) return last.at;
        }
      }
      if (/^\S/.test(after)) {
        open.push({ mark, at });
        count(mark, 1);
      }
      return undefined;
    },
    clear() {
      open = [];
      counts = new Map();
    },
  };
}
