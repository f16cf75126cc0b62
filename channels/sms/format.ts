import type { Attachment, OutboundMessage } from "../../src/core/message.ts";
import { splitText } from "../_shared/chunk.ts";
import {
  formatList,
  plainRenderer,
  renderMarkdown,
  type MarkdownRenderer,
  type TableCell,
} from "../_shared/markdown.ts";
import { formatChoices } from "../_shared/numbered-choices.ts";
import type { TwilioPart } from "../_shared/twilio-send.ts";
import { countSegments, isGsm7, simplifyPunctuation } from "./segments.ts";

export interface FormatLimits {
  readonly maxSegments: number;
  /** Can files go out at all? */
  readonly canSendFiles: boolean;
}

export interface SmsParts {
  readonly parts: readonly TwilioPart[];
  /** Of the texts; a file is billed as one MMS. */
  readonly segments: number;
  readonly files: number;
  readonly isCut: boolean;
}

/** Twilio takes 5 MB, and these types; others are refused when it fetches them. */
const maxFileBytes = 5 * 1_048_576;
const fileTypes =
  /^(?:image\/(?:jpeg|png|gif|bmp|tiff|webp)|audio\/|video\/|text\/(?:vcard|x-vcard|csv|rtf|richtext|calendar|directory)|application\/(?:pdf|vcard))/;

/** A phone's font has no columns: a row is a line. */
const renderer: MarkdownRenderer = {
  ...plainRenderer,
  list: (items, start) => formatList(items, start, "-"),
  table: (header, rows) =>
    [header, ...rows].map((row) => row.map(({ plain }: TableCell) => plain).join(" | ")).join("\n"),
};

/** Text first, then a message per file; the same in every attempt, so that a later one can go on behind the parts sent. */
export function formatParts(message: OutboundMessage, limits: FormatLimits): SmsParts {
  const files = message.attachments.filter((file) => limits.canSendFiles && canSend(file));
  const remarks = message.attachments.filter((file) => !files.includes(file)).map(describeUnsent);
  const tail = [formatChoices(message.choices ?? []), ...remarks].filter((text) => text !== "").join("\n");
  const { texts, isCut } = fitText(renderMarkdown(message.text, renderer).trim(), tail, limits);
  return {
    parts: [
      ...texts.map((body): TwilioPart => ({ kind: "text", body })),
      ...files.map((attachment): TwilioPart => ({ kind: "file", attachment })),
    ],
    segments: countAll(texts),
    files: files.length,
    isCut,
  };
}

function canSend({ mimeType, bytes }: Attachment): boolean {
  return fileTypes.test(mimeType) && bytes <= maxFileBytes;
}

function describeUnsent({ name }: Attachment): string {
  return `(The file ${name} cannot be sent by SMS.)`;
}

/** `tail` is never cut: it says what to answer, and what is missing. */
function fitText(body: string, tail: string, limits: FormatLimits): { texts: readonly string[]; isCut: boolean } {
  const whole = layOut(body, "", tail);
  const total = countAll(whole);
  if (total <= limits.maxSegments) return { texts: whole, isCut: false };
  const ends = graphemeEnds(body.slice(0, limits.maxSegments * 170));
  const cutAt = (index: number): readonly string[] => {
    const kept = body.slice(0, ends[index] ?? 0).trimEnd();
    const left = Math.max(1, total - countAll(layOut(kept, "", tail)));
    return layOut(kept, `[cut here: ${left} more segments]`, tail);
  };
  let low = 0;
  let high = ends.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (countAll(cutAt(middle)) <= limits.maxSegments) low = middle;
    else high = middle - 1;
  }
  return { texts: cutAt(low), isCut: true };
}

/** Each message fills whole segments: 10 of GSM-7 or 23 of UCS-2, within Twilio's 1,600 characters. */
function layOut(body: string, note: string, tail: string): readonly string[] {
  const text = simplifyPunctuation([body, note, tail].filter((each) => each !== "").join("\n\n"));
  return splitText(text, isGsm7(text) ? 1_530 : 1_541);
}

function countAll(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + countSegments(text).segments, 0);
}

/** 0, and where each grapheme ends. */
function graphemeEnds(text: string): readonly number[] {
  const segments = new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text);
  return [0, ...Array.from(segments, ({ index, segment }) => index + segment.length)];
}
