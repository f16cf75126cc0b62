import type { InlineSpan } from "./inline-spans.ts";

/** A part that ends within spans, and what is left, so that each can be read for itself. */
export interface MendedCut {
  /** Undefined: only the rest was rewritten, and is to be cut anew. */
  readonly part?: string;
  readonly rest: string;
}

/**
 * Cuts at a word end within spans, closes them there, and opens them again behind it; spans that fit a part stay whole
 * where that can be. A link or picture that cannot be cut so, since its address would take more than half of each part,
 * gives way to its words and the bare address. Undefined where nothing of this helps.
 */
export function mendCut(rest: string, spans: readonly InlineSpan[], budget: number): MendedCut | undefined {
  const fits = (span: InlineSpan): boolean => span.end - span.start <= budget;
  for (const mayTear of [(span: InlineSpan) => !fits(span), () => true]) {
    for (let end = rest.lastIndexOf(" ", budget); end > 0; end = rest.lastIndexOf(" ", end - 1)) {
      const torn = listTorn(spans, end);
      if (!torn.every(mayTear) || !torn.every((span) => isWithinWords(span, end))) continue;
      const closing = torn
        .map((span) => span.closing)
        .toReversed()
        .join("");
      const opening = torn.map((span) => span.opening).join("");
      if (end + closing.length > budget || (opening.length + closing.length) * 2 > budget) continue;
      if (end <= opening.length) break;
      const left = rest.slice(end).replace(/^ +/, "");
      return { part: rest.slice(0, end).trimEnd() + closing, rest: opening + left };
    }
  }
  const link = listTorn(spans, budget).find(({ address }) => address !== undefined);
  if (link === undefined) return undefined;
  const words = rest.slice(link.innerStart, link.innerEnd);
  return { rest: `${rest.slice(0, link.start)}${words} ${link.address}${rest.slice(link.end)}` };
}

function listTorn(spans: readonly InlineSpan[], at: number): readonly InlineSpan[] {
  return spans.filter(({ start, end }) => start < at && at < end);
}

/** The words of a picture cannot be cut: each half would show it. */
function isWithinWords({ innerStart, innerEnd, opening }: InlineSpan, at: number): boolean {
  return opening !== "![" && innerStart < at && at < innerEnd;
}
