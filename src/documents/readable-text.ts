// Name and character, pair by pair.
const entities: ReadonlyMap<string, string> = new Map([
  ["nbsp", " "],
  ...Array.from(
    `amp& lt< gt> quot" apos' copy© reg® trade™ hellip… ndash– mdash— lsquo‘ rsquo’ sbquo‚ ldquo“ rdquo” bdquo„ laquo« raquo» bull•
     middot· times× divide÷ deg° sect§ plusmn± micro\u00b5 euro€ pound£ rarr→ larr← auml\u00e4 ouml\u00f6 uuml\u00fc Auml\u00c4 Ouml\u00d6 Uuml\u00dc szlig\u00df eacute\u00e9 egrave\u00e8 ecirc\u00ea
     agrave\u00e0 aacute\u00e1 acirc\u00e2 ccedil\u00e7 ntilde\u00f1 oacute\u00f3 iacute\u00ed uacute\u00fa oslash\u00f8 aring\u00e5 aelig\u00e6`.matchAll(
      /([a-z]+)(\S)/gi,
    ),
    ([, name = "", character = ""]) => [name, character] as const,
  ),
]);

const unread = new Set("title script style nav noscript template svg iframe object select textarea".split(" "));
const blocks = new Set(
  "p div section article main header footer aside ul ol li dl dt dd table tr h1 h2 h3 h4 h5 h6 br hr blockquote pre figure figcaption form details summary address".split(
    " ",
  ),
);
// Every alternative ends at the end of the text if not before, so no start is tried twice: linear time.
const markup = /<!--[\s\S]*?(?:-->|$)|<(\/?)([a-z][a-z0-9-]*)[^>]*(?:>|$)|<[!?][^>]*(?:>|$)/gi;

/** What a web page calls itself; empty when it does not say. */
export function readPageTitle(html: string): string {
  const title = /<title[^>]{0,200}>([^<]{0,500})/i.exec(html)?.[1] ?? "";
  return decodeEntities(title).replace(/\s+/g, " ").trim();
}

/**
 * A web page as text for reading, one block on a line. Not a browser: no scripts, no styles, and what those would hide is
 * read. Never throws; linear in the page's length.
 */
export function formatReadableText(html: string): string {
  const tag = new RegExp(markup);
  let text = "";
  let position = 0;
  for (let match = tag.exec(html); match !== null; match = tag.exec(html)) {
    const [whole, slash, rawName = ""] = match;
    const name = rawName.toLowerCase();
    text += html.slice(position, match.index);
    position = match.index + whole.length;
    if (blocks.has(name)) text += name === "li" && slash === "" ? "\n- " : "\n";
    else if (name === "td" || name === "th") text += " ";
    else if (slash === "" && unread.has(name)) {
      // What is inside is no markup: a script may hold "a<b".
      const end = new RegExp(`</${name}`, "gi");
      end.lastIndex = position;
      position = end.exec(html)?.index ?? html.length;
      tag.lastIndex = position;
    }
  }
  text += html.slice(position);
  return tidy(decodeEntities(text));
}

/** Decodes the common named entities and all numeric ones; leaves the rest as they are. */
export function decodeEntities(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,8}));/gi,
    (whole: string, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return entities.get(name) ?? whole;
      const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
      const isCharacter = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
      return isCharacter ? String.fromCodePoint(code) : "\ufffd";
    },
  );
}

function tidy(text: string): string {
  const lines = text.split("\n").map((line) => line.replace(/\s+/g, " ").trim());
  return lines.filter((line) => line !== "" && line !== "-").join("\n");
}
