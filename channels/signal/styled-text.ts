import type { SignalMention, SignalTextStyle } from "./envelope.ts";

interface Mark {
  readonly at: number;
  readonly text: string;
  /** How much of the original the mark stands in for. */
  readonly skips: number;
  /** Closing marks come before opening ones at the same place; inner close before outer, outer open before inner. */
  readonly order: number;
}

/**
 * Signal's text as CommonMark: mentions, for which the text has a placeholder each, become names, and styles become
 * marks. What has no style stays as it was typed: people type Markdown, too. Offsets are UTF-16 code units.
 */
export function parseStyledText(
  text: string,
  mentions: readonly (Pick<SignalMention, "start" | "length"> & { readonly shown: string })[] = [],
  styles: readonly SignalTextStyle[] = [],
): string {
  const isInside = ({ start, length }: { start: number; length: number }): boolean =>
    start >= 0 && length > 0 && start + length <= text.length;
  const marks = [
    ...mentions
      .filter(isInside)
      .map(({ start, length, shown }): Mark => ({ at: start, text: shown, skips: length, order: 20_000 })),
    ...styles.filter(isInside).flatMap((style) => markStyle(text, style)),
  ];
  marks.sort((a, b) => a.at - b.at || a.order - b.order);
  let result = "";
  let from = 0;
  for (const mark of marks) {
    if (mark.at > from) result += text.slice(from, mark.at);
    from = Math.max(from, mark.at + mark.skips);
    result += mark.text;
  }
  return result + text.slice(from);
}

function markStyle(text: string, { style, start: at, length: raw }: SignalTextStyle): readonly Mark[] {
  // CommonMark's marks must touch the words they mark.
  const words = text.slice(at, at + raw);
  const start = at + (words.length - words.trimStart().length);
  const { length } = words.trim();
  if (length === 0) return [];
  const around = (open: string, close: string): readonly Mark[] => [
    { at: start, text: open, skips: 0, order: 10_000 - Math.min(length, 9_999) },
    { at: start + length, text: close, skips: 0, order: Math.min(length, 9_999) - 20_000 },
  ];
  switch (style) {
    case "BOLD":
      return around("**", "**");
    case "ITALIC":
      return around("_", "_");
    case "STRIKETHROUGH":
      return around("~~", "~~");
    case "MONOSPACE":
      return words.trim().includes("\n") ? around("```\n", "\n```") : around("`", "`");
    default:
      // CommonMark hides nothing: a spoiler is shown.
      return [];
  }
}
