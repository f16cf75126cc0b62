import { isMap, isScalar, parseDocument, stringify } from "yaml";
import { maskReferences } from "../../../config/references.ts";

/**
 * The text of a configuration with one more channel in it. Everything else, comments included, stays to the letter.
 * Undefined where `channels` is written in a way that cannot be added to, such as `channels: { a: … }` on one line.
 */
export function insertChannel(
  given: string,
  name: string,
  channel: Readonly<Record<string, unknown>>,
): string | undefined {
  const text = given === "" || given.endsWith("\n") ? given : `${given}\n`;
  const document = parseDocument(maskReferences(text));
  const entry = isMap(document.contents)
    ? document.contents.items.find(({ key }) => isScalar(key) && key.value === "channels")
    : undefined;
  const block = (indent: string): string => indentLines(stringify({ [name]: channel }, { lineWidth: 0 }), indent);
  if (entry === undefined) return `${text}channels:\n${block("  ")}`;
  const { value } = entry;
  if (isMap(value) && value.flow !== true && value.range != null) {
    const [first] = value.items;
    const start = isScalar(first?.key) ? (first.key.range?.[0] ?? 0) : 0;
    const indent = text.slice(text.lastIndexOf("\n", start - 1) + 1, start);
    const end = endOfLine(text, value.range[1]);
    return `${text.slice(0, end)}${block(indent)}${text.slice(end)}`;
  }
  const isEmpty = value === null || (isScalar(value) && value.value === null);
  if (!isEmpty || !isScalar(entry.key)) return undefined;
  const end = endOfLine(text, entry.key.range?.[1] ?? 0);
  return `${text.slice(0, end)}${block("  ")}${text.slice(end)}`;
}

/** The offset behind the line break of the last line with content at or before `offset`. */
function endOfLine(text: string, offset: number): number {
  const content = text.slice(0, offset).trimEnd().length;
  const end = text.indexOf("\n", content);
  return end === -1 ? text.length : end + 1;
}

/** By "\n" alone: what else begins a line in a pattern (U+2028) is a letter to YAML. */
function indentLines(text: string, indent: string): string {
  return text
    .split("\n")
    .map((line) => (line === "" ? line : indent + line))
    .join("\n");
}
