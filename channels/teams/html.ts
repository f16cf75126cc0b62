/** An element of Teams' HTML, or a piece of text. */
export type HtmlNode = string | HtmlElement;

export interface HtmlElement {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: HtmlNode[];
}

const empty = new Set(["br", "hr", "img", "input", "meta", "link"]);
const maxDepth = 60;
/** Quoted values may hold ">". All repetitions are bounded, so that no text makes this slow. */
const token =
  /<!--[^]{0,10000}?-->|<(\/?)([a-z][a-z0-9:-]{0,30})((?:[^"'<>]{1,2000}|"[^"]{0,4000}"|'[^']{0,4000}'){0,40})>|[^<]+|</gi;
const attribute = /([a-z][\w:-]{0,40})(?:\s{0,5}=\s{0,5}(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/gi;

/** Reads what Teams' editor makes. Whatever is broken is text, or closed where its parent ends. Never throws. */
export function parseHtml(html: string): HtmlNode[] {
  const root: HtmlElement = { tag: "", attributes: {}, children: [] };
  const open: HtmlElement[] = [root];
  const top = (): HtmlElement => open.at(-1) ?? root;
  for (const [whole, slash, name, rest = ""] of html.matchAll(token)) {
    if (whole.startsWith("<!--")) continue;
    if (name === undefined) {
      top().children.push(decodeEntities(whole));
      continue;
    }
    const tag = name.toLowerCase();
    if (slash === "/") {
      const at = open.findLastIndex((element) => element.tag === tag);
      if (at > 0) open.length = at;
      continue;
    }
    const element: HtmlElement = { tag, attributes: parseAttributes(rest), children: [] };
    top().children.push(element);
    if (!empty.has(tag) && !rest.endsWith("/") && open.length < maxDepth) open.push(element);
  }
  return root.children;
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
