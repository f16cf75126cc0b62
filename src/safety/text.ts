// Controls but \n and \t; invisible operators and annotation marks; zero-width space, word joiner, byte order mark;
// the soft hyphen; bidi embeddings, overrides and isolates. The joiners (emoji, Persian, Indic) and the plain
// left-to-right and right-to-left marks stay: real writing needs them.
const unwanted =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u180e\u200b\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

// Tag characters carry text nobody sees. They have one honest use: the flags of England, Scotland and Wales.
const tags =
  /(\u{1f3f4}\u{e0067}\u{e0062}(?:\u{e0065}\u{e006e}\u{e0067}|\u{e0073}\u{e0063}\u{e0074}|\u{e0077}\u{e006c}\u{e0073})\u{e007f})|[\u{e0000}-\u{e007f}]/gu;

// One variation selector chooses a glyph; a run of them hides bytes.
const selectorRun = /([\ufe00-\ufe0f\u{e0100}-\u{e01ef}])[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]+/gu;

/**
 * Text from outside as we keep it: well-formed UTF-16 (lone surrogates become U+FFFD), lines ended by \n, nothing
 * that is there but not seen, in Unicode's composed form (NFC; not NFKC, which changes what people see). Longer than
 * `maxChars` UTF-16 units, it is cut at a character and ends with "…". Never throws.
 */
export function cleanInboundText(text: string, maxChars = 100_000): string {
  const clean = text
    .toWellFormed()
    .replace(/\r\n?|[\u0085\u2028\u2029]/g, "\n")
    .replace(unwanted, "")
    .replace(tags, "$1")
    .replace(selectorRun, "$1")
    .normalize("NFC");
  return clean.length <= maxChars ? clean : cutText(clean, maxChars);
}

function cutText(text: string, maxChars: number): string {
  const kept = text.slice(0, Math.max(0, maxChars - 1));
  return `${kept.isWellFormed() ? kept : kept.slice(0, -1)}…`;
}
