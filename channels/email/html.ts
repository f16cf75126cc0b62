const hidden = /^(?:script|style|head|title|template|svg)$/;
const entities: Readonly<Record<string, string>> = {
  amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " ", copy: "©", reg: "®", trade: "™", hellip: "…", mdash: "—", ndash: "–",
  lsquo: "‘", rsquo: "’", ldquo: "“", rdquo: "”", laquo: "«", raquo: "»", bull: "•", middot: "·", euro: "€", pound: "£", sect: "§", deg: "°",
  auml: "ä", ouml: "ö", uuml: "ü", Auml: "Ä", Ouml: "Ö", Uuml: "Ü", szlig: "ß", eacute: "é", egrave: "è", agrave: "à", ccedil: "ç", ntilde: "ñ",
};
const blocks = /^(?:p|div|section|article|table|tr|ul|ol|li|h[1-6]|pre|blockquote|hr|header|footer|form|center)$/;
const spaced = /^(?:p|ul|ol|table|h[1-6]|pre|blockquote)$/;

/** At most this many characters of HTML are read. */
const maxChars = 1_000_000;

/** The words of an HTML mail as CommonMark-like text: paragraphs, lists, links, quotes with ">". Never throws. */
export function parseHtmlText(html: string): string {
  const source = dropComments(html.slice(0, maxChars));
  const lines: { depth: number; text: string }[] = [{ depth: 0, text: "" }];
  const hrefs: string[] = [];
  let depth = 0;
  let preDepth = 0;
  let hiddenIn = "";
  const newLine = (): void => {
    lines.push({ depth, text: "" });
  };
  const write = (text: string): void => {
    const line = lines.at(-1);
    if (line !== undefined) line.text += preDepth > 0 ? text : line.text === "" || line.text.endsWith(" ") ? text.trimStart() : text;
  };
  // Every alternative stops at the next "<", so that no mail makes this more than linear.
  for (const [token] of source.matchAll(/<\/?[a-z][^<>]*>|<[!?][^<>]*>|[^<]+|</gi)) {
    const tag = /^<(\/?)([a-z][a-z0-9]*)/i.exec(token);
    if (hiddenIn !== "") {
      if (tag?.[1] === "/" && tag[2]?.toLowerCase() === hiddenIn) hiddenIn = "";
      continue;
    }
    if (tag === null) {
      if (/^<[!?]/.test(token)) continue;
      const words = decodeEntities(token);
      if (preDepth > 0) words.split(/\r?\n/).forEach((part, index) => (index > 0 ? newLine() : undefined, write(part)));
      else write(words.replaceAll(/[ \t\r\n]+/g, " "));
      continue;
    }
    const isEnd = tag[1] === "/";
    const name = (tag[2] ?? "").toLowerCase();
    if (hidden.test(name) && !isEnd) hiddenIn = name;
    else if (name === "br") newLine();
    else if (name === "a") writeLink(isEnd, token, hrefs, write, lines);
    else if (name === "td" || name === "th") isEnd && write(" ");
    else if (name === "img" && !isEnd) write(attribute(token, "alt") ?? "");
    if (!blocks.test(name)) continue;
    if (name === "blockquote") depth = Math.max(0, Math.min(20, depth + (isEnd ? -1 : 1)));
    if (name === "pre") preDepth = Math.max(0, preDepth + (isEnd ? -1 : 1));
    newLine();
    if (spaced.test(name)) newLine();
    if (name === "li" && !isEnd) write("- ");
    if (name === "hr") write("---");
  }
  return joinLines(lines);
}

/** Quote marks set, and never more than one blank line in a row. */
function joinLines(lines: readonly { readonly depth: number; readonly text: string }[]): string {
  const joined: string[] = [];
  let blanks = 1;
  for (const { depth, text } of lines) {
    blanks = text.trim() === "" ? blanks + 1 : 0;
    if (blanks < 2) joined.push(`${"> ".repeat(depth)}${text}`.trimEnd());
  }
  return joined.join("\n").trim();
}

/** An unclosed comment hides the rest, as in browsers. */
function dropComments(html: string): string {
  let kept = "";
  for (let from = 0; ; ) {
    const start = html.indexOf("<!--", from);
    if (start < 0) return kept + html.slice(from);
    kept += html.slice(from, start);
    const end = html.indexOf("-->", start + 4);
    if (end < 0) return kept;
    from = end + 3;
  }
}

function writeLink(isEnd: boolean, token: string, hrefs: string[], write: (text: string) => void, lines: readonly { text: string }[]): void {
  if (!isEnd) {
    if (hrefs.length < 50) hrefs.push(attribute(token, "href") ?? "");
    return;
  }
  const href = hrefs.pop() ?? "";
  const shown = lines.at(-1)?.text ?? "";
  if (/^https?:\/\//i.test(href) && !shown.endsWith(href) && !shown.endsWith(href.replace(/^https?:\/\//i, ""))) write(` (${href})`);
}

function attribute(token: string, name: string): string | undefined {
  const match = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, "i").exec(token);
  const value = match?.[1] ?? match?.[2] ?? match?.[3];
  return value === undefined ? undefined : decodeEntities(value);
}

function decodeEntities(text: string): string {
  return text.replaceAll(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z]{2,8}));/gi, (whole, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return entities[name] ?? whole;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : "\ufffd";
  });
}
