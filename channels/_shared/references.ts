import { parseMarkdown } from "./markdown.ts";

/** What the rewriting needs to know of marked's tokens. */
interface Node {
  readonly type?: string;
  readonly raw: string;
  readonly href?: string;
  readonly tokens?: readonly Node[];
  readonly items?: readonly Node[];
  readonly header?: readonly Cell[];
  readonly rows?: readonly (readonly Cell[])[];
}

interface Cell {
  readonly tokens: readonly Node[];
}

/**
 * Gives each link and picture its address where it stands, `[text](address)` for `[text][1]`, and takes the definitions
 * at the end out: a piece of the text then needs nothing of the rest. Definitions in between stay, since they keep lists
 * apart and show nothing. Titles are dropped. A text without definitions stays as it is, and so does one that nests too
 * deeply to be read.
 */
export function inlineReferences(text: string): string {
  if (!/\]:/.test(text)) return text;
  const lines = text.replaceAll(/\r\n?/g, "\n");
  try {
    const tokens = parseMarkdown(lines) as readonly Node[];
    const kept = tokens.slice(0, tokens.findLastIndex(({ type }) => type !== "def" && type !== "space") + 1);
    const hasEnd = tokens.slice(kept.length).some(({ type }) => type === "def");
    const source = hasEnd ? kept.map(({ raw }) => raw).join("") : lines;
    const inlined = rewriteChildren(source, kept);
    return inlined === lines ? text : inlined;
  } catch (error) {
    if (error instanceof RangeError) return text;
    throw error;
  }
}

/** `raw` with its tokens rewritten where they stand in it; what is not found, as it was written. */
function rewriteChildren(raw: string, children: readonly Node[]): string {
  let rewritten = "";
  let from = 0;
  for (const child of children) {
    // marked drops or adds white space at the end of lists.
    const isWhole = raw.includes(child.raw, from);
    const found = isWhole ? child.raw : child.raw.trimEnd();
    const at = raw.indexOf(found, from);
    if (at < 0) continue;
    rewritten += raw.slice(from, at) + (isWhole ? rewrite(child) : rewrite(child).trimEnd());
    from = at + found.length;
  }
  return rewritten + raw.slice(from);
}

function rewrite(node: Node): string {
  switch (node.type) {
    case "link":
    case "image":
      return isReference(node) ? formatInline(node) : rewriteChildren(node.raw, childrenOf(node));
    case "blockquote":
    case "list_item":
      return rewriteContainer(node);
    default:
      return rewriteChildren(node.raw, childrenOf(node));
  }
}

function childrenOf({ tokens, items, header, rows }: Node): readonly Node[] {
  if (header !== undefined && rows !== undefined) return [header, ...rows].flat().flatMap((cell) => cell.tokens);
  return items ?? tokens ?? [];
}

/** Inline links end in a parenthesis, and bare ones have no brackets. */
function isReference({ raw, href }: Node): boolean {
  return href !== undefined && /^!?\[/.test(raw) && raw.endsWith("]");
}

function formatInline(node: Node): string {
  const { raw, href = "" } = node;
  const sign = raw.startsWith("!") ? "!" : "";
  const label = raw.slice(sign.length + 1).replace(/\](?:\[(?:\\[^]|[^[\]\\])*\])?$/, "");
  const words = sign === "" ? rewriteChildren(label, childrenOf(node)) : label;
  return `${sign}[${words}](${formatAddress(href)})`;
}

function formatAddress(href: string): string {
  const safe = href.replaceAll(/[<>\\\n]/g, encodeURIComponent);
  return safe === "" || /[\s()]/.test(safe) ? `<${safe}>` : safe;
}

/**
 * The content of quotes and list items is read without what stands before each of its lines, so it is rewritten without,
 * too. Where the lines do not match (tabs), or a line has gone, it stays as it was written.
 */
function rewriteContainer(node: Node): string {
  const inner = childrenOf(node)
    .map(({ raw }) => raw)
    .join("")
    .trimEnd();
  const lines = node.raw.split("\n");
  const before = inner.split("\n");
  const after = rewriteChildren(inner, childrenOf(node)).split("\n");
  const isSame =
    before.length === after.length &&
    before.every((line, index) => lines[index]?.trimEnd().endsWith(line.trimEnd()) === true);
  if (!isSame) return node.raw;
  return lines
    .map((line, index) => {
      const start = line.trimEnd().length - (before[index] ?? "").trimEnd().length;
      return index < after.length ? line.slice(0, start) + (after[index] ?? "") : line;
    })
    .join("\n");
}
