// What a reader cannot see or what reorders what they see: controls, zero-width characters, bidi marks, tags. The
// joiner within an emoji is not hidden: it is what makes the picture.
const hidden =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\p{Cs}\u{e0000}-\u{e0fff}]|(?<![\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f])\u200d/gu;

/** Makes every character visible: a hidden one is shown as its code point, such as ⟨U+202E⟩. */
export function showHidden(text: string): string {
  return text.replace(hidden, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
    return `⟨U+${code}⟩`;
  });
}

/**
 * CommonMark that shows a text exactly, whatever it holds: a code block whose fence the text cannot close, with
 * hidden characters made visible.
 */
export function quoteBlock(text: string): string {
  const shown = showHidden(text);
  const longest = Math.max(2, ...Array.from(shown.matchAll(/`+/g), (match) => match[0].length));
  const fence = "`".repeat(longest + 1);
  return shown === "" ? `${fence}\n${fence}` : `${fence}\n${shown}\n${fence}`;
}

/** CommonMark for a short text of unknown make inside a sentence: on one line, with no markup of its own. */
export function quoteInline(text: string): string {
  return showHidden(text.replace(/\s+/g, " ").trim()).replace(/[\\`*_{}[\]()<>#+\-.!|~:@&]/g, "\\$&");
}
