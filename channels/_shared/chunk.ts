import { findInlineSpans, type InlineSpan } from "./inline-spans.ts";
import { mendCut } from "./mend-cut.ts";
import { inlineReferences } from "./references.ts";

/** A code fence that is open at some point of the text. */
interface Fence {
  /** "```" or longer, or tildes. */
  readonly marker: string;
  readonly language: string;
}

/**
 * Splits CommonMark into parts of at most `maxLength` UTF-16 code units: at a blank line that leaves the part a third
 * full, else at a line end, a word end, a grapheme, and not within a link or emphasis that fits a part. A code fence that is cut is closed, and opened again in the next
 * part. No part is blank; a text without visible characters gives none. Only white space at the cuts is dropped.
 */
export function splitText(text: string, maxLength: number): string[] {
  return split(text, maxLength, false);
}

/**
 * `splitText` for parts that are read as CommonMark each for itself: a link keeps its address, wherever it was defined,
 * and one that is longer than a part becomes several, each with the address; so does emphasis.
 */
export function splitMarkdown(text: string, maxLength: number): string[] {
  return text.length <= maxLength ? splitText(text, maxLength) : split(inlineReferences(text), maxLength, true);
}

function split(text: string, maxLength: number, mends: boolean): string[] {
  if (!(maxLength >= 1)) throw new RangeError("maxLength must be at least 1");
  const parts: string[] = [];
  let rest = text;
  let fence: Fence | undefined;
  while (rest.length > 0) {
    const opening: string = reopen(fence, maxLength);
    if (opening.length + rest.length <= maxLength) {
      pushVisible(parts, opening, rest);
      break;
    }
    const budget = maxLength - opening.length;
    const spans = findInlineSpans(rest.slice(0, farthest * maxLength));
    const cut = cutPart(rest, fence, { budget, maxLength, spans });
    const isWhole = !mends || !spans.some((span) => isTorn(span, cut.end, rest, fence));
    const mended = isWhole ? undefined : mendCut(rest, spans, budget);
    if (mended?.part !== undefined) pushVisible(parts, opening, mended.part);
    if (mended === undefined) {
      pushVisible(parts, opening, cut.content + cut.closing);
      rest = rest.slice(cut.next);
      fence = cut.fence;
    } else rest = mended.rest;
  }
  return parts;
}

/** Spans are looked for in so many parts; bounded, so that the time grows with the text and no faster. */
const farthest = 8;

interface Limits {
  /** For this part, without the line that opens its fence again. */
  readonly budget: number;
  readonly maxLength: number;
  readonly spans: readonly InlineSpan[];
}

/** The longest good part of `rest` within `budget`, counting the line that closes a fence still open at its end. */
function cutPart(
  rest: string,
  fence: Fence | undefined,
  { budget, maxLength, spans }: Limits,
): { content: string; closing: string; end: number; next: number; fence: Fence | undefined } {
  let room = budget;
  for (;;) {
    const { end, next } = pickCut(rest, room, fence, spans);
    const content = rest.slice(0, end);
    const open = fenceAfter(content, fence);
    const closing =
      open === undefined || reopen(open, maxLength) === "" ? "" : `${content.endsWith("\n") ? "" : "\n"}${open.marker}`;
    if (content.length + closing.length <= budget || room <= 1) return { content, closing, end, next, fence: open };
    room = Math.max(1, Math.min(room - 1, budget - closing.length));
  }
}

/** Where the part ends, and where the next one begins behind the white space that the cut swallows. */
function pickCut(
  rest: string,
  room: number,
  fence: Fence | undefined,
  spans: readonly InlineSpan[],
): { end: number; next: number } {
  if (rest.length <= room) return { end: rest.length, next: rest.length };
  const least = Math.max(1, Math.floor(room / 3));
  const isCode = (end: number): boolean => fenceAfter(rest.slice(0, end), fence) !== undefined;

  const blank = rest.lastIndexOf("\n\n", room);
  if (blank >= least && !isCode(blank)) return { end: blank, next: skip(rest, blank, /\n+/y) };
  // Where it cannot be kept whole, it is torn anyhow.
  const keepable = spans.filter(({ start, end }) => end - start <= room);
  const findTorn = (at: number): InlineSpan | undefined => keepable.find((span) => isTorn(span, at, rest, fence));
  const tears = (at: number): boolean => findTorn(at) !== undefined;
  let line = rest.lastIndexOf("\n", room);
  while (line >= least && tears(line)) line = rest.lastIndexOf("\n", line - 1);
  if (line >= least) return { end: line, next: isCode(line) ? line + 1 : skip(rest, line, /\n+/y) };
  for (let word = rest.lastIndexOf(" ", room); word >= least; word = rest.lastIndexOf(" ", word - 1)) {
    // A fence marker at the start of a part would open a fence that was none.
    if (!tears(word) && !/^ *(?:```|~~~)/.test(rest.slice(word, word + 40)))
      return { end: word, next: isCode(word) ? word : skip(rest, word, / +/y) };
  }
  if (line >= 1) return { end: line, next: line + 1 };
  const end = lastGraphemeEnd(rest, room);
  const torn = findTorn(end);
  const before = rest.slice(0, torn?.start ?? 0).trimEnd().length;
  return torn === undefined || before === 0 ? { end, next: end } : { end: before, next: torn.start };
}

/** Spans are a matter of prose: code looks as it likes. */
function isTorn(span: InlineSpan, at: number, rest: string, fence: Fence | undefined): boolean {
  return span.start < at && at < span.end && fenceAfter(rest.slice(0, span.start), fence) === undefined;
}

function skip(text: string, from: number, spaces: RegExp): number {
  spaces.lastIndex = from;
  return from + (spaces.exec(text)?.[0].length ?? 0);
}

/** The last grapheme boundary at or before `room`; a single grapheme larger than that is cut between code points. */
function lastGraphemeEnd(text: string, room: number): number {
  // A window is enough: no grapheme of a written language comes near 100 code units.
  let start = Math.max(0, room - 100);
  // A flag is a pair of signs that all look alike: who begins to count in the middle of a row of them pairs them wrongly.
  while (start > 0 && /^[\uDDE6-\uDDFF]|^\uD83C[\uDDE6-\uDDFF]/.test(text.slice(start, start + 2))) start -= 1;
  let end = 0;
  for (const { index } of new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(
    text.slice(start, room + 100),
  )) {
    if (start + index > room) break;
    if (index > 0) end = start + index;
  }
  if (end > 0) return end;
  const splitsPair = /^[\uD800-\uDBFF][\uDC00-\uDFFF]$/.test(text.slice(room - 1, room + 1));
  return splitsPair ? Math.max(room - 1, 2) : room;
}

/** Which fence is open behind `content`, when `fence` was open before it? */
function fenceAfter(content: string, fence: Fence | undefined): Fence | undefined {
  if (fence === undefined && !content.includes("```") && !content.includes("~~~")) return undefined;
  let open = fence;
  for (const line of content.split("\n")) {
    const found = /^\s*(`{3,}|~{3,})(.*)$/.exec(line);
    if (found === null) continue;
    const [, marker = "", info = ""] = found;
    if (open === undefined) {
      if (marker.startsWith("~") || !info.includes("`")) open = { marker, language: info.trim().split(/\s/)[0] ?? "" };
    } else if (marker.startsWith(open.marker) && info.trim() === "") {
      open = undefined;
    }
  }
  return open;
}

/** The line that opens the fence again; empty where fences would eat more than half of so short a part. */
function reopen(fence: Fence | undefined, maxLength: number): string {
  if (fence === undefined) return "";
  const bare = `${fence.marker}\n`;
  const full = `${fence.marker}${fence.language}\n`;
  const closingLength = bare.length;
  if (full.length + closingLength <= maxLength / 2) return full;
  return bare.length + closingLength <= maxLength / 2 ? bare : "";
}

function pushVisible(parts: string[], opening: string, content: string): void {
  if (/\S/.test(content)) parts.push(opening + content);
}
