/** An element of Teams' HTML, or a piece of text. */
export type HtmlNode = string | HtmlElement;

export interface HtmlElement {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: HtmlNode[];
}

const empty = new Set(["br", "hr", "img", "input", "meta", "link"]);
const maxDepth = 30;
/** Longer tags are text: nothing may make this slow. */
const maxTagLength = 4_000;
const attribute = /([a-z][\w:-]{0,40})(?:\s{0,5}=\s{0,5}(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/gi;

/** Reads what Teams' editor makes. Whatever is broken is text, or closed where its parent ends. Never throws. */
export function parseHtml(html: string): HtmlNode[] {
  const root: HtmlElement = { tag: "", attributes: {}, children: [] };
  const open: HtmlElement[] = [root];
  for (const token of tokenize(html)) {
    const parent = open.at(-1) ?? root;
    if (typeof token === "string") {
      parent.children.push(decodeEntities(token));
      continue;
    }
    const { tag, isEnd, rest } = token;
    if (isEnd) {
      const at = open.findLastIndex((element) => element.tag === tag);
      if (at > 0) open.length = at;
      continue;
    }
    const element: HtmlElement = { tag, attributes: parseAttributes(rest), children: [] };
    parent.children.push(element);
    if (!empty.has(tag) && !rest.endsWith("/") && open.length < maxDepth) open.push(element);
  }
  return root.children;
}

interface Tag {
  readonly tag: string;
  readonly isEnd: boolean;
  /** Between the name and the end. */
  readonly rest: string;
}

/** Text and tags, in order; comments are left out. */
function* tokenize(html: string): Generator<string | Tag> {
  let from = 0;
  while (from < html.length) {
    const at = html.indexOf("<", from);
    if (at !== from) yield html.slice(from, at < 0 ? undefined : at);
    if (at < 0) return;
    if (html.startsWith("<!--", at)) {
      const end = html.indexOf("-->", at + 4);
      if (end < 0) return;
      from = end + 3;
      continue;
    }
    const end = findTagEnd(html, at + 1);
    const [, slash, name, rest = ""] =
      /^<(\/?)([a-z][a-z0-9:-]{0,30})([^]*)$/i.exec(end < 0 ? "" : html.slice(at, end)) ?? [];
    const isTag = end > 0 && name !== undefined;
    yield isTag ? { tag: name.toLowerCase(), isEnd: slash === "/", rest } : "<";
    from = isTag ? end + 1 : at + 1;
  }
}

/** Where the ">" of a tag stands; quoted values may hold others. -1: there is none. */
function findTagEnd(html: string, from: number): number {
  let quote = "";
  for (let at = from; at < html.length && at < from + maxTagLength; at += 1) {
    const character = html[at] ?? "";
    if (quote !== "") {
      if (character === quote) quote = "";
    } else if (character === ">") return at;
    else if (character === "<") return -1;
    else if (character === '"' || character === "'") quote = character;
  }
  return -1;
}

/** All words of a node, without any marks. */
export function textOf(node: HtmlNode): string {
  return typeof node === "string" ? node : node.children.map(textOf).join("");
}

function parseAttributes(text: string): Record<string, string> {
  const attributes: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [, name = "", double, single, bare] of text.matchAll(attribute))
    attributes[name.toLowerCase()] = decodeEntities(double ?? single ?? bare ?? "");
  return attributes;
}

const named: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " " };

export function decodeEntities(text: string): string {
  if (!text.includes("&")) return text;
  return text.replaceAll(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,6}));/gi,
    (whole, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return Object.hasOwn(named, name) ? (named[name] ?? whole) : whole;
      const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
      if (code === 0xa0) return " ";
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd";
    },
  );
}
