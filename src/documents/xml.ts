/** What stands in an XML text, in order. Names come without their prefix. */
export type XmlPiece =
  | { readonly kind: "open"; readonly name: string; readonly attributes: string; readonly isEmpty: boolean }
  | { readonly kind: "close"; readonly name: string }
  | { readonly kind: "text"; readonly text: string };

// Every alternative ends at the end of the text if not before: linear time.
const piece =
  /<!\[CDATA\[([\s\S]*?)(?:\]\]>|$)|<!--[\s\S]*?(?:-->|$)|<[!?][^>]*(?:>|$)|<(\/?)(?:[\w.-]*:)?([\w.-]+)([^>]*)(?:>|$)|([^<]+)|</g;

/**
 * Reads the XML of office files. No entities but the five of XML and numeric ones, so nothing can be included or
 * multiplied; unclosed and mismatched tags are passed on as they are. Never throws.
 */
export function* readXml(xml: string): Generator<XmlPiece> {
  for (const [, data, slash, name, rest = "", text] of xml.matchAll(piece)) {
    if (data !== undefined) yield { kind: "text", text: data };
    else if (text !== undefined) yield { kind: "text", text: decodeXml(text) };
    else if (name !== undefined && slash === "/") yield { kind: "close", name };
    else if (name !== undefined) yield { kind: "open", name, attributes: rest, isEmpty: rest.endsWith("/") };
  }
}

/** The value of an attribute, by its name without prefix. */
export function readAttribute(attributes: string, name: string): string | undefined {
  const match = new RegExp(`(?:^|[\\s:])${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`).exec(attributes);
  const value = match?.[1] ?? match?.[2];
  return value === undefined ? undefined : decodeXml(value);
}

const named: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function decodeXml(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(amp|lt|gt|quot|apos));/g,
    (_whole, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return named[name] ?? "";
      const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
      const isCharacter = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
      return isCharacter ? String.fromCodePoint(code) : "\ufffd";
    },
  );
}
