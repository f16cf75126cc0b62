import { escapeMarkdown } from "../_shared/markdown.ts";

/** A piece of HTML: a tag or text. */
interface Piece {
  readonly text?: string;
  readonly tag?: string;
  readonly isEnd?: boolean;
  readonly attributes?: string;
}

/** An element that is open, and what came in it so far. */
interface Frame {
  readonly tag: string;
  readonly attributes: string;
  content: string;
  /** The number of the next item of a list. */
  next: number;
  /** Of the code in a pre. */
  language: string;
}

const named: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " " };
const empty = new Set(["br", "hr", "img"]);
const blocks = new Set("p div h1 h2 h3 h4 h5 h6 ul ol pre blockquote table details".split(" "));
const maxDepth = 100;

/**
 * `formatted_body` of a message as CommonMark: the tags of
 * https://spec.matrix.org/latest/client-server-api/#mroommessage-msgtypes. Others are left out, their words stay.
 * Never throws: broken HTML gives what can be read of it.
 */
export function parseHtml(html: string): string {
  const root = createFrame("");
  const open: Frame[] = [root];
  const top = (): Frame => open.at(-1) ?? root;
  const close = (): void => {
    const frame = open.length > 1 ? open.pop() : undefined;
    if (frame !== undefined) top().content += formatElement(frame, top(), open);
  };
  for (const piece of splitPieces(html)) {
    if (piece.text !== undefined) top().content += readWords(piece.text, open);
    else if (piece.tag === undefined) continue;
    else if (piece.isEnd === true) {
      // What was left open inside ends with it; an end without a beginning is nothing.
      if (open.some(({ tag }) => tag === piece.tag)) {
        while (top().tag !== piece.tag) close();
        close();
      }
    } else {
      if (piece.tag === "li" && top().tag === "li") close();
      const frame = createFrame(piece.tag, piece.attributes);
      if (empty.has(piece.tag) || open.length > maxDepth) top().content += formatElement(frame, top(), open);
      else open.push(frame);
    }
  }
  while (open.length > 1) close();
  return tidy(root.content);
}

function createFrame(tag: string, attributes = ""): Frame {
  const next = tag === "ol" ? Number(readAttribute({ attributes }, "start") ?? 1) || 1 : 1;
  return { tag, attributes, content: "", next, language: "" };
}

function* splitPieces(html: string): Generator<Piece> {
  let from = 0;
  for (const found of html.matchAll(/<!--[^]*?-->|<(\/?)([a-z][a-z0-9-]*)((?:"[^"]*"|'[^']*'|[^<>"'])*)>/gi)) {
    if (found.index > from) yield { text: html.slice(from, found.index) };
    const [, slash, tag, attributes = ""] = found;
    if (tag !== undefined) yield { tag: tag.toLowerCase(), isEnd: slash === "/", attributes };
    from = found.index + found[0].length;
  }
  if (from < html.length) yield { text: html.slice(from) };
}

function readWords(text: string, open: readonly Frame[]): string {
  const words = decodeEntities(text);
  if (open.some(({ tag }) => tag === "pre" || tag === "code")) return words;
  const { tag, content } = open.at(-1) ?? createFrame("");
  const isBetweenBlocks = /^(?:ul|ol|table|thead|tbody|tr)$/.test(tag) || content === "" || content.endsWith("\n");
  return words.trim() === "" && isBetweenBlocks ? "" : escapeWords(words.replaceAll(/[ \t\n\r]+/g, " "));
}

/** Addresses stay as they are, and so do underscores within words, which mark nothing. */
function escapeWords(text: string): string {
  return text
    .split(/(https?:\/\/\S+)/)
    .map((part, index) => (index % 2 === 1 ? part : escapeMarkdown(part).replaceAll(/(?<=\w)\\_(?=\w)/g, "_")))
    .join("");
}

function formatElement(frame: Frame, parent: Frame, open: readonly Frame[]): string {
  const { tag, content } = frame;
  switch (tag) {
    case "mx-reply":
      return "";
    case "b":
    case "strong":
      return surround(content, "**");
    case "i":
    case "em":
      return surround(content, "_");
    case "del":
    case "s":
    case "strike":
      return surround(content, "~~");
    case "code":
      if (!open.some((each) => each.tag === "pre")) return formatCode(content);
      parent.language ||= /(?:^|\s)language-([^\s"']+)/.exec(readAttribute(frame, "class") ?? "")?.[1] ?? "";
      return content;
    case "pre":
      return block(formatFence(content, frame.language));
    case "a":
      return formatLink(content, readAttribute(frame, "href") ?? "");
    case "img":
      return readAttribute(frame, "alt") ?? readAttribute(frame, "title") ?? "";
    case "br":
      return "\n";
    case "hr":
      return block("---");
    case "li":
      return formatItem(frame, parent);
    case "blockquote":
      return block(tidy(content).replaceAll(/^/gm, "> "));
    case "td":
    case "th":
      return `${tidy(content)
        .replaceAll("\n", " ")
        .replaceAll("|", String.raw`\|`)} | `;
    case "tr":
      return `| ${content.trimEnd()}\n`;
    case "table":
      return block(formatTable(content));
    default:
      if (/^h[1-6]$/.test(tag)) return block(`${"#".repeat(Number(tag[1]))} ${tidy(content)}`);
      return blocks.has(tag) ? block(tidy(content), parent.tag === "li" && /^[ou]l$/.test(tag)) : content;
  }
}

/** CommonMark's tables have a head: the first row. What stands between the rows comes before them. */
function formatTable(content: string): string {
  const lines = content.split("\n").filter((line) => line.trim() !== "");
  const isRow = (line: string): boolean => line.startsWith("| ");
  const [head, ...rows] = lines.filter(isRow);
  if (head === undefined) return content;
  const columns = (head.match(/(?<!\\)\|/g)?.length ?? 1) - 1;
  const others = lines.filter((line) => !isRow(line)).join("\n");
  return [...(others === "" ? [] : [others, ""]), head, `|${" --- |".repeat(columns)}`, ...rows].join("\n");
}

function formatItem(item: Frame, list: Frame): string {
  const mark = list.tag === "ol" ? `${list.next}. ` : "- ";
  list.next += 1;
  return `${mark}${tidy(item.content).replaceAll(/\n(?!\n)/g, `\n${" ".repeat(mark.length)}`)}\n`;
}

/** Marks must touch the words that they mark. */
function surround(content: string, mark: string): string {
  const [, before = "", words = "", after = ""] = /^(\s*)([^]*?)(\s*)$/.exec(content) ?? [];
  return words === "" ? content : `${before}${mark}${words}${mark}${after}`;
}

function formatCode(code: string): string {
  const longest = Math.max(0, ...(code.match(/`+/g) ?? []).map(({ length }) => length));
  const mark = "`".repeat(longest + 1);
  const space = longest > 0 ? " " : "";
  return code === "" ? "" : mark + space + code + space + mark;
}

function formatFence(code: string, language: string): string {
  const longest = Math.max(2, ...(code.match(/^`{3,}/gm) ?? []).map(({ length }) => length));
  const mark = "`".repeat(longest + 1);
  return `${mark}${language}\n${code.replace(/\n$/, "")}\n${mark}`;
}

/** People and rooms are linked by matrix.to; their id says more than the name shown. */
function formatLink(content: string, href: string): string {
  const person = parsePill(href);
  if (person !== undefined) return person;
  if (!/^(?:https?|mailto|ftp|magnet|matrix):/i.test(href)) return content;
  return content === href || content === "" || escapeMarkdown(href) === content
    ? `<${href}>`
    : `[${content}](${encodeLink(href)})`;
}

function encodeLink(href: string): string {
  return href.replaceAll("(", "%28").replaceAll(")", "%29").replaceAll(/\s/g, "%20");
}

/** The user id in a link that mentions somebody. */
export function parsePill(href: string): string | undefined {
  const found =
    /^https:\/\/matrix\.to\/#\/(@[^/?]+|%40[^/?]+)/.exec(href)?.[1] ?? /^matrix:u\/([^/?]+)/.exec(href)?.[1];
  if (found === undefined) return undefined;
  try {
    const id = decodeURIComponent(found);
    return id.startsWith("@") ? id : `@${id}`;
  } catch {
    return undefined;
  }
}

function readAttribute(frame: Pick<Frame, "attributes">, name: string): string | undefined {
  const found = new RegExp(String.raw`(?:^|\s)${name}\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))`, "i").exec(
    frame.attributes,
  );
  const value = found?.[1] ?? found?.[2] ?? found?.[3];
  return value === undefined ? undefined : decodeEntities(value);
}

function block(content: string, isTight = false): string {
  return content === "" ? "" : isTight ? `\n${content}\n` : `\n\n${content}\n\n`;
}

function tidy(content: string): string {
  return content
    .replaceAll(/\n{3,}/g, "\n\n")
    .replace(/^\n+/, "")
    .trimEnd();
}

export function decodeEntities(text: string): string {
  return text.replaceAll(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]+));/gi,
    (whole, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return named[name.toLowerCase()] ?? whole;
      const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd";
    },
  );
}
