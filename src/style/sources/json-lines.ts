import type { OwnMessage } from "../../core/style.ts";
import { decodeText, listLines } from "./lines.ts";
import { fault, isMe, other, own, type ReadSource } from "./source.ts";

const maxLineChars = 4_000_000;

/**
 * One message from each line: {"at", "text", "to"?, "channel"?}. Lines with a "from" are learned from only where it is
 * the owner; those without are taken for the owner's.
 */
export const readJsonLines: ReadSource = async function* readJsonLines({ chunks, me }) {
  for await (const { text, number, isCut } of listLines(decodeText(chunks), maxLineChars)) {
    if (text.trim() === "") continue;
    const where = `line ${number}`;
    if (isCut) {
      yield fault(where, `The line is longer than ${maxLineChars} characters.`);
      continue;
    }
    const parsed = parseLine(text);
    if (typeof parsed === "string") yield fault(where, parsed);
    else if (parsed.from !== undefined && !isMe(me, parsed.from)) yield other(parsed.from);
    else yield own(parsed.message);
  }
};

/** The message, or what is wrong with the line. */
function parseLine(line: string): { readonly message: OwnMessage; readonly from: string | undefined } | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'This is no JSON. A line looks like {"at": "2026-03-02T09:00:00Z", "text": "see you there"}.';
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "This is no JSON object.";
  const { text, at, to, channel, from } = value as Readonly<Record<string, unknown>>;
  if (typeof text !== "string") return "`text` must be there, and be a text.";
  const time = typeof at === "number" ? at : typeof at === "string" ? Date.parse(at) : Number.NaN;
  if (!Number.isFinite(time)) return "`at` must be a time, such as 2026-03-02T09:00:00Z.";
  if (from !== undefined && typeof from !== "string") return "`from` must be a text.";
  return {
    message: {
      text,
      at: time,
      ...(typeof to === "string" && { to }),
      ...(typeof channel === "string" && { channel }),
    },
    from,
  };
}
