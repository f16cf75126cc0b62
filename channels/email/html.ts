const hidden = /^(?:script|style|head|title|template|svg)$/;
const entities: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
  copy: "©",
  reg: "®",
  trade: "™",
  hellip: "…",
  mdash: "—",
  ndash: "–",
  lsquo: "‘",
  rsquo: "’",
  ldquo: "“",
  rdquo: "”",
  laquo: "«",
  raquo: "»",
  bull: "•",
  middot: "·",
  euro: "€",
  pound: "£",
  sect: "§",
  deg: "°",
  auml: "ä",
  ouml: "ö",
  uuml: "ü",
  Auml: "Ä",
  Ouml: "Ö",
  Uuml: "Ü",
  szlig: "ß",
  eacute: "é",
  egrave: "è",
  agrave: "à",
  ccedil: "ç",
  ntilde: "ñ",
};
const blocks = /^(?:p|div|section|article|table|tr|ul|ol|li|h[1-6]|pre|blockquote|hr|header|footer|form|center)$/;
const spaced = /^(?:p|ul|ol|table|h[1-6]|pre|blockquote)$/;

/** At most this many characters of HTML are read. */
const maxChars = 1_000_000;

/** A line being written. Kept in pieces: a string that grows and is looked at each time costs quadratic time. */
interface Line {
  depth: number;
  readonly pieces: string[];
}

/** The words of an HTML mail as CommonMark-like text: paragraphs, lists, links, quotes with ">". Never throws. */
export function parseHtmlText(html: string): string {
  const page = createPage();
  const links: { readonly href: string; readonly shown: string[] }[] = [];
  let hiddenIn = "";
  // Every alternative stops at the next "<", so that no mail makes this more than linear.
  for (const [token] of dropComments(html.slice(0, maxChars)).matchAll(/<\/?[a-z][^<>]*>|<[!?][^<>]*>|[^<]+|</gi)) {
    const tag = /^<(\/?)([a-z][a-z0-9]*)/i.exec(token.endsWith(">") ? token : "");
    const isEnd = tag?.[1] === "/";
    const name = tag?.[2]?.toLowerCase() ?? "";
    if (hiddenIn !== "") {
      if (isEnd && name === hiddenIn) hiddenIn = "";
    } else if (tag === null) {
      if (/^<[!?].*>$/s.test(token)) continue;
      const text = decodeEntities(token);
      links.at(-1)?.shown.push(text);
      page.write(text);
    } else if (hidden.test(name)) {
      if (!isEnd) hiddenIn = name;
    } else if (name === "a") {
      if (!isEnd && links.length < 20) links.push({ href: attribute(token, "href") ?? "", shown: [] });
      if (!isEnd) continue;
      const link = links.pop();
      if (link !== undefined && addsSomething(link.href, link.shown.join("").trim())) page.write(` (${link.href})`);
    } else if (name === "img") page.write(attribute(token, "alt") ?? "");
    else if ((name === "td" || name === "th") && isEnd) page.write(" ");
    else if (name === "br") page.breakLine();
    else if (blocks.test(name)) page.block(name, isEnd);
  }
  return page.join();
}

/** Is the target of a link worth showing beside its words? */
function addsSomething(href: string, shown: string): boolean {
  return /^https?:\/\//i.test(href) && shown !== href && shown !== href.replace(/^https?:\/\//i, "");
}

function createPage() {
  const lines: Line[] = [{ depth: 0, pieces: [] }];
  let line = lines[0] as Line;
  let depth = 0;
  let preDepth = 0;
  let needsGap = false;
  let endsInSpace = true;

  const breakLine = (): void => {
    line = { depth, pieces: [] };
    lines.push(line);
    endsInSpace = true;
  };
  const writePiece = (text: string): void => {
    if (text === "") return;
    if (line.pieces.length === 0 && needsGap) {
      const above = lines.at(-2);
      if (above !== undefined) lines.splice(-1, 0, { depth: Math.min(above.depth, depth), pieces: [] });
      needsGap = false;
    }
    line.pieces.push(text);
    endsInSpace = text.endsWith(" ");
  };
  const write = (text: string): void => {
    if (preDepth > 0) {
      text.split(/\r?\n/).forEach((part, index) => {
        if (index > 0) breakLine();
        writePiece(part);
      });
      return;
    }
    const words = text.replaceAll(/[ \t\r\n]+/g, " ");
    writePiece(endsInSpace ? words.replace(/^ /, "") : words);
  };
  const block = (name: string, isEnd: boolean): void => {
    if (name === "blockquote") depth = Math.max(0, Math.min(20, depth + (isEnd ? -1 : 1)));
    if (name === "pre") preDepth = Math.max(0, preDepth + (isEnd ? -1 : 1));
    if (line.pieces.length > 0) breakLine();
    line.depth = depth;
    if (spaced.test(name)) needsGap = true;
    if (name === "li" && !isEnd) writePiece("- ");
    if (name === "hr") {
      writePiece("---");
      breakLine();
    }
  };
  /** Quote marks set, and never more than one blank line in a row. */
  const join = (): string => {
    const joined: string[] = [];
    let blanks = 1;
    for (const { depth: quotes, pieces } of lines) {
      const text = pieces.join("");
      blanks = text.trim() === "" ? blanks + 1 : 0;
      if (blanks < 2) joined.push(`${"> ".repeat(quotes)}${text}`.trimEnd());
    }
    return joined.join("\n").trim();
  };
  return { write, breakLine, block, join };
}

/** An unclosed comment hides the rest, as in browsers. */
function dropComments(html: string): string {
  let kept = "";
  for (let from = 0; ;) {
    const start = html.indexOf("<!--", from);
    if (start < 0) return kept + html.slice(from);
    kept += html.slice(from, start);
    const end = html.indexOf("-->", start + 4);
    if (end < 0) return kept;
    from = end + 3;
  }
}

function attribute(token: string, name: string): string | undefined {
  const match = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, "i").exec(token);
  const value = match?.[1] ?? match?.[2] ?? match?.[3];
  return value === undefined ? undefined : decodeEntities(value);
}

function decodeEntities(text: string): string {
  return text.replaceAll(
    /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z]{2,8}));/gi,
    (whole, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return entities[name] ?? whole;
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : "\ufffd";
    },
  );
}
