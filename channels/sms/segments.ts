/** The GSM 03.38 basic set. Each takes one septet. */
const basic =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/** The extension table: an escape and a letter, two septets that no segment may part. */
const extension = "\f^{}\\[~]|€";

export interface SegmentCount {
  readonly encoding: "GSM-7" | "UCS-2";
  /** Septets of GSM-7, or code units of UCS-2. */
  readonly units: number;
  readonly segments: number;
}

/**
 * How many segments a phone network makes of a text, and hence what it costs: 160 septets in one, 153 in each of
 * several; with any letter outside GSM-7 70 and 67 code units. A pair of units is never parted, so a segment may stay
 * one short.
 */
export function countSegments(text: string): SegmentCount {
  const isGsm = isGsm7(text);
  const [single, each] = isGsm ? [160, 153] : [70, 67];
  let units = 0;
  let segments = 1;
  let used = 0;
  for (const letter of text) {
    const size = isGsm ? (extension.includes(letter) ? 2 : 1) : letter.length;
    units += size;
    used += size;
    if (used > each) {
      segments += 1;
      used = size;
    }
  }
  return { encoding: isGsm ? "GSM-7" : "UCS-2", units, segments: units === 0 ? 0 : units <= single ? 1 : segments };
}

export function isGsm7(text: string): boolean {
  for (const letter of text) if (!basic.includes(letter) && !extension.includes(letter)) return false;
  return true;
}

const plain: Readonly<Record<string, string>> = {
  "‘": "'",
  "’": "'",
  "‚": ",",
  "‛": "'",
  "“": '"',
  "”": '"',
  "„": '"',
  "‟": '"',
  "«": '"',
  "»": '"',
  "‹": "'",
  "›": "'",
  "‐": "-",
  "‑": "-",
  "‒": "-",
  "–": "-",
  "—": "-",
  "―": "-",
  "−": "-",
  "…": "...",
  "•": "-",
  "·": "-",
  "×": "x",
  "\u00a0": " ",
  "\u2009": " ",
  "\u202f": " ",
  "\u200b": "",
  "\u2060": "",
  "\ufeff": "",
  "\t": "    ",
  "→": "->",
  "←": "<-",
  "✓": "x",
  "☐": "[ ]",
  "☑": "[x]",
  "`": "'",
  "´": "'",
};

/** The text with plain punctuation where that brings it into GSM-7, which more than doubles a segment; else as it was. */
export function simplifyPunctuation(text: string): string {
  if (isGsm7(text)) return text;
  const simple = Array.from(text, (letter) => plain[letter] ?? letter).join("");
  return isGsm7(simple) ? simple : text;
}
