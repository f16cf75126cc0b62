import { parseHtml, textOf, type HtmlElement, type HtmlNode } from "./html.ts";

/** What a message says, beside its words. */
export interface HtmlContent {
  /** CommonMark. What people typed as markdown themselves stays as they typed it. */
  readonly text: string;
  /** The message that it answers. */
  readonly quote?: { readonly messageId: string; readonly author: string };
  /** Does it name a file that is not here? */
  readonly namesFile: boolean;
}

/** Shows a mention; `index` is its place among the message's mentions. */
export type ShowMention = (name: string, index: number | undefined) => string;

interface Reading {
  readonly showMention: ShowMention;
  quote?: { messageId: string; author: string };
  namesFile: boolean;
}

const blocks = new Set(["p", "div", "ul", "ol", "blockquote", "pre", "codeblock", "table", "hr", "section", "article"]);

/** Turns the HTML of a Teams message into CommonMark. */
export function parseHtmlContent(html: string, showMention: ShowMention): HtmlContent {
  const reading: Reading = { showMention, namesFile: false };
  const text = renderNodes(parseHtml(html), reading)
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n")
    .replaceAll(/\n{3,}/g, "\n\n")
    .trim();
  return { text, ...(reading.quote === undefined ? {} : { quote: reading.quote }), namesFile: reading.namesFile };
}

/** Blocks are paragraphs of their own, and so is what stands between them. Without any block, spaces at the ends stay. */
function renderNodes(nodes: readonly HtmlNode[], reading: Reading): string {
  const paragraphs: string[] = [];
  let line: string[] = [];
  let hasBlock = false;
  const endLine = (): void => {
    paragraphs.push(line.join("").trim());
    line = [];
  };
  for (const node of nodes) {
    const isBlock = typeof node !== "string" && isBlockTag(node.tag);
    const text = typeof node === "string" ? node.replaceAll(/\s+/g, " ") : renderElement(node, reading);
    if (isBlock) {
      hasBlock = true;
      endLine();
      paragraphs.push(text.trim());
    } else line.push(line.at(-1) === "\n" ? text.trimStart() || (text === "\n" ? text : "") : text);
  }
  if (!hasBlock) return line.join("");
  endLine();
  return paragraphs.filter((paragraph) => paragraph !== "").join("\n\n");
}

const isBlockTag = (tag: string): boolean => blocks.has(tag) || /^h[1-6]$/.test(tag);

function renderElement(element: HtmlElement, reading: Reading): string {
  const { tag, attributes, children } = element;
  const content = (): string => renderNodes(children, reading);
  const kind = attributes["itemtype"] ?? "";
  if (kind.endsWith("/Emoji")) return attributes["alt"] ?? attributes["title"] ?? textOf(element);
  if (tag === "at" || kind.endsWith("/Mention")) return renderMention(element, reading);
  switch (tag) {
    case "br":
      return "\n";
    case "hr":
      return "---";
    case "b":
    case "strong":
      return wrap(content(), "**");
    case "i":
    case "em":
      return wrap(content(), "*");
    case "s":
    case "del":
    case "strike":
      return wrap(content(), "~~");
    case "code":
      return renderCode(textOf(element));
    case "pre":
    case "codeblock":
      return renderFence(element);
    case "a":
      return renderLink(content().trim(), attributes["href"] ?? "");
    case "ul":
    case "ol":
      return renderList(element, reading);
    case "blockquote":
      if (kind.endsWith("/Reply")) return takeQuote(element, reading);
      return content().replaceAll(/^/gm, "> ");
    case "table":
      return renderTable(element, reading);
    case "emoji":
      return attributes["alt"] ?? attributes["title"] ?? "";
    case "img":
      // The picture itself comes as an attachment.
      return "";
    case "attachment":
      reading.namesFile = true;
      return "";
    case "script":
    case "style":
      return "";
    default:
      return isBlockTag(tag) && tag.startsWith("h") ? `${"#".repeat(Number(tag[1]))} ${content()}` : content();
  }
}

function renderMention(element: HtmlElement, { showMention }: Reading): string {
  const given = element.attributes["itemid"] ?? element.attributes["id"];
  const index = given !== undefined && /^\d{1,4}$/.test(given) ? Number(given) : undefined;
  return showMention(textOf(element).trim(), index);
}

/** Marks stand next to the words, or they are none: "** x**" is not bold. */
function wrap(content: string, mark: string): string {
  const words = content.trim();
  if (words === "") return content;
  const before = content.slice(0, content.length - content.trimStart().length);
  const after = content.slice(content.trimEnd().length);
  return `${before}${mark}${words}${mark}${after}`;
}

function renderCode(code: string): string {
  if (code === "") return "";
  const longest = Math.max(0, ...(code.match(/`+/g) ?? []).map(({ length }) => length));
  const mark = "`".repeat(longest + 1);
  const pad = code.startsWith("`") || code.endsWith("`") ? " " : "";
  return mark + pad + code + pad + mark;
}

function renderFence(element: HtmlElement): string {
  const code = linesOf(element).replace(/^\n/, "").trimEnd();
  const language = /language-([\w+#-]{1,30})/i.exec(
    `${element.attributes["class"] ?? ""} ${firstElement(element)?.attributes["class"] ?? ""}`,
  )?.[1];
  const longest = Math.max(2, ...(code.match(/`+/g) ?? []).map(({ length }) => length));
  const mark = "`".repeat(longest + 1);
  return `${mark}${language?.toLowerCase() ?? ""}\n${code}\n${mark}`;
}

const firstElement = ({ children }: HtmlElement): HtmlElement | undefined =>
  children.find((child) => typeof child !== "string");

/** The words of preformatted text: breaks are line ends. */
function linesOf(node: HtmlNode): string {
  if (typeof node === "string") return node;
  return node.tag === "br" ? "\n" : node.children.map(linesOf).join("");
}

function renderLink(words: string, href: string): string {
  if (!/^(?:https?|mailto|tel):/i.test(href) || words === "") return words;
  const isBare = words === href || `mailto:${words}` === href || `${words}/` === href;
  if (isBare) return words;
  return `[${words.replaceAll("]", "\\]")}](${href.replaceAll(/[\s()<>]/g, (character) => encodeURIComponent(character).replace("(", "%28").replace(")", "%29"))})`;
}

function renderList(element: HtmlElement, reading: Reading): string {
  const items = element.children.filter((child): child is HtmlElement => typeof child !== "string");
  const first = Number(element.attributes["start"] ?? 1) || 1;
  return items
    .map((item, index) => {
      const mark = element.tag === "ol" ? `${first + index}. ` : "- ";
      const content = renderNodes(item.children, reading)
        .trim()
        .replaceAll(/\n{2,}/g, "\n");
      return mark + content.replaceAll("\n", `\n${" ".repeat(mark.length)}`);
    })
    .join("\n");
}

/** The quoted message is in the conversation already: only which one it was is kept. */
function takeQuote(element: HtmlElement, reading: Reading): string {
  const author = findFirst(element, (each) => each.attributes["itemprop"] === "mri");
  reading.quote ??= {
    messageId: element.attributes["itemid"] ?? "",
    author: author?.attributes["itemid"] ?? "",
  };
  return "";
}

function findFirst(element: HtmlElement, isIt: (each: HtmlElement) => boolean): HtmlElement | undefined {
  for (const child of element.children) {
    if (typeof child === "string") continue;
    const found = isIt(child) ? child : findFirst(child, isIt);
    if (found !== undefined) return found;
  }
  return undefined;
}

function renderTable(element: HtmlElement, reading: Reading): string {
  const rows = findAll(element, "tr").map((row) =>
    row.children
      .filter((cell): cell is HtmlElement => typeof cell !== "string" && /^t[dh]$/.test(cell.tag))
      .map((cell) =>
        renderNodes(cell.children, reading)
          .trim()
          .replaceAll(/\s*\n\s*/g, " ")
          .replaceAll("|", "\\|"),
      ),
  );
  const width = Math.max(0, ...rows.map(({ length }) => length));
  if (width === 0) return "";
  const line = (cells: readonly string[]): string =>
    `| ${Array.from({ length: width }, (_, index) => cells[index] ?? "").join(" | ")} |`;
  const [head = [], ...body] = rows;
  return [line(head), `|${" --- |".repeat(width)}`, ...body.map(line)].join("\n");
}

function findAll(element: HtmlElement, tag: string): HtmlElement[] {
  return element.children.flatMap((child) => {
    if (typeof child === "string") return [];
    return child.tag === tag ? [child] : findAll(child, tag);
  });
}
