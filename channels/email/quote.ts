/** What is known about a mail when its text is cut. */
export interface CutContext {
  /** Has In-Reply-To or References: only then can there be history to cut. */
  readonly isReply: boolean;
  readonly subject: string;
}

const forwardSubject = /^\s*(?:fwd?|wg|tr|rv|i|enc)\s*:/i;
const forwardMark =
  /^[ \t]*(?:-{2,}[ \t]*(?:forwarded message|weitergeleitete nachricht|message transféré|mensaje reenviado)|begin forwarded message\b)/im;
const originalMark =
  /^\s*-{2,}\s*(?:original message|ursprüngliche nachricht|message d'origine|mensaje original|original appointment)\s*-{2,}\s*$/i;
const rule = /^\s*_{8,}\s*$/;
const headerLine =
  /^\s*\*?(?:from|von|de|sent|gesendet|envoyé|enviado|date|datum|fecha|to|an|à|para|cc|subject|betreff|objet|asunto)\s*:\*?\s/i;
const fromLine = /^\s*\*?(?:from|von|de)\s*:\*?\s/i;
/** Longer lines are prose, and would make the expressions slow. */
const maxMarkLength = 400;
const attribution = /(?:\bwrote|\bschrieb\b.*|\ba écrit|\bescribió)\s*:\s*$/i;
const attributionStart = /^\s*(?:on|am|le|el)\b/i;
const quoted = /^\s*>/;
const blank = /^\s*$/;

/**
 * The text without the quoted history below it and without the signature. Keeps everything when in doubt: answers
 * written between or below the quotes, forwarded mail, mail that answers nothing, and whatever would leave nothing.
 */
export function cutQuotedHistory(text: string, context: CutContext): string {
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  const isForward = forwardSubject.test(context.subject) || forwardMark.test(text);
  const end = context.isReply && !isForward ? findHistory(lines) : lines.length;
  const own = lines.slice(0, end);
  const signature = findSignature(own);
  const kept = own.slice(0, signature).join("\n").trim();
  return kept === "" ? text.trim() : kept;
}

/** Index of the line where the history begins; the number of lines when there is none. */
function findHistory(lines: readonly string[]): number {
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? "";
    if (originalMark.test(line) && hasHeaderBlock(lines, index + 1)) return index;
    if (rule.test(line) && hasHeaderBlock(lines, index + 1)) return index;
    if (!fromLine.test(line) || !hasHeaderBlock(lines, index)) continue;
    const above = lines[index - 1] ?? "";
    if (blank.test(above)) return index;
    if (/^\s*-{3,}\s*$/.test(above)) return index - 1;
  }
  return findTrailingQuote(lines);
}

/** Do at least three header lines, From first, follow within a few lines? As mail programs of Microsoft quote. */
function hasHeaderBlock(lines: readonly string[], start: number): boolean {
  let index = start;
  while (index < lines.length && blank.test(lines[index] ?? "")) index += 1;
  if (!fromLine.test(lines[index] ?? "")) return false;
  return lines.slice(index, index + 8).filter((line) => headerLine.test(line)).length >= 3;
}

/** A quote that reaches to the end (a signature may follow it), with its "On …, Ada wrote:" above. */
function findTrailingQuote(lines: readonly string[]): number {
  let last = findSignature(lines) - 1;
  while (last >= 0 && blank.test(lines[last] ?? "")) last -= 1;
  if (last < 0 || !quoted.test(lines[last] ?? "")) return lines.length;
  let first = last;
  while (first > 0 && (quoted.test(lines[first - 1] ?? "") || blank.test(lines[first - 1] ?? ""))) first -= 1;
  while (blank.test(lines[first] ?? "")) first += 1;
  // The line above, across blank ones, must be the attribution; it may be wrapped over up to three lines.
  let above = first - 1;
  while (above >= 0 && blank.test(lines[above] ?? "")) above -= 1;
  if (above < 0 || !isAttribution(lines[above] ?? "")) return lines.length;
  for (let start = above; start >= Math.max(0, above - 2) && !blank.test(lines[start] ?? ""); start -= 1) {
    if (attributionStart.test(lines[start] ?? "")) return start;
  }
  return above;
}

function isAttribution(line: string): boolean {
  return line.length <= maxMarkLength && attribution.test(line);
}

/** Index of the "-- " line (RFC 3676, 4.3) when what follows is no longer than a signature; else the number of lines. */
function findSignature(lines: readonly string[]): number {
  const index = lines.findLastIndex((line) => line === "-- " || line === "--");
  if (index < 0) return lines.length;
  const rest = lines.slice(index + 1).filter((line) => !blank.test(line));
  const limit = lines[index] === "-- " ? 15 : 6;
  return rest.length <= limit && !rest.some((line) => quoted.test(line)) ? index : lines.length;
}
