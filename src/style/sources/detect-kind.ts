import type { SourceKind } from "./source.ts";
import { parseHeading } from "./whatsapp-heading.ts";

/** So much of a file tells what it is. */
export const bytesToDetect = 16_384;

/** What a file is, by how it begins. Anything that nothing else fits is plain text. */
export function detectKind(start: Uint8Array): SourceKind {
  if (start[0] === 0x50 && start[1] === 0x4b) return "slack";
  const text = new TextDecoder().decode(start).trimStart();
  const [first = "", second] = text.split(/\r?\n/, 2);
  if (/^From .*\d/.test(first)) return "mbox";
  if (first.startsWith("{")) {
    if (second !== undefined && isJsonObject(first)) return "jsonl";
    return /"(?:messages|chats|about|personal_information)"\s*:/.test(text) || !/"text"\s*:/.test(first)
      ? "telegram"
      : "jsonl";
  }
  const lines = text.split(/\r?\n/, 8);
  if (lines.some((line) => parseHeading(line) !== undefined)) return "whatsapp";
  const head = text.split(/\r?\n\r?\n/, 1)[0] ?? "";
  return /^[\w-]+: ?\S/.test(head) && /^from: ?\S/im.test(head) && /^date: ?\S/im.test(head) ? "mbox" : "text";
}

function isJsonObject(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
