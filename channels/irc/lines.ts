/** Codes that switch a format on and off; a line begins with all of them off. */
export const codes = { bold: "\x02", italic: "\x1d", strike: "\x1e", monospace: "\x11" } as const;

const toggles = new Set<string>(Object.values(codes));
const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/**
 * Splits one line into pieces of at most `maxBytes` UTF-8 bytes, at a space where one lies in the second half, else
 * between graphemes. Formats that are on at a cut are switched on again in the next piece. Drops one space per cut.
 */
export function splitLine(line: string, maxBytes: number): string[] {
  const pieces: string[] = [];
  let open = "";
  let rest = line;
  while (Buffer.byteLength(open + rest) > maxBytes) {
    const { end, next } = pickCut(rest, maxBytes - Buffer.byteLength(open));
    const piece = open + rest.slice(0, end);
    pieces.push(piece);
    open = openFormats(piece);
    rest = rest.slice(next);
  }
  pieces.push(open + rest);
  return pieces.filter((piece) => !isBlank(piece));
}

/** Is nothing of it visible? */
export function isBlank(line: string): boolean {
  return /^[\s\p{Cc}]*$/u.test(line);
}

function pickCut(rest: string, room: number): { end: number; next: number } {
  let bytes = 0;
  let end = 0;
  let space = -1;
  // No more than `room` code units can fit; what is behind them need not be looked at.
  for (const { segment, index } of graphemes.segment(rest.slice(0, room + 64))) {
    const size = Buffer.byteLength(segment);
    if (segment === " " && index > room / 2) space = index;
    if (bytes + size > room) break;
    bytes += size;
    end = index + segment.length;
  }
  if (space > 0 && space <= end) return { end: space, next: space + 1 };
  if (end === 0) end = firstCodePoints(rest, room);
  return { end, next: end };
}

/** For a single grapheme larger than a line: as many code points as fit, one at least. */
function firstCodePoints(text: string, room: number): number {
  let end = 0;
  let bytes = 0;
  for (const character of text.slice(0, room + 1)) {
    bytes += Buffer.byteLength(character);
    if (bytes > room && end > 0) break;
    end += character.length;
    if (bytes > room) break;
  }
  return end;
}

function openFormats(piece: string): string {
  let open: string[] = [];
  for (const character of piece) {
    if (toggles.has(character))
      open = open.includes(character) ? open.filter((code) => code !== character) : [...open, character];
  }
  return open.join("");
}
