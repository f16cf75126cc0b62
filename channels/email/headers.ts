/** One header field, unfolded; the name in lower case. */
export interface MailHeader {
  readonly key: string;
  readonly value: string;
}

/** Reads the header section of a mail. What is no header field is left out; never throws. */
export function parseHeaders(section: string): readonly MailHeader[] {
  const headers: MailHeader[] = [];
  // Unfolding: a line that starts with white space belongs to the one before (RFC 5322, 2.2.3).
  for (const line of section.replaceAll(/\r?\n[ \t]+/g, " ").split(/\r?\n/)) {
    if (line === "") break;
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    headers.push({ key: line.slice(0, colon).trim().toLowerCase(), value: line.slice(colon + 1).trim() });
  }
  return headers;
}

/** The first field of that name. */
export function findHeader(headers: readonly MailHeader[], key: string): string | undefined {
  return headers.find((header) => header.key === key)?.value;
}

/** The message ids in a Message-ID, In-Reply-To or References field, without angle brackets, each once. */
export function parseMessageIds(value: string | undefined): readonly string[] {
  if (value === undefined) return [];
  const ids = [...value.slice(0, 65_536).matchAll(/<\s*([^<>\s]{1,998})\s*>/g)].map((match) => match[1] ?? "");
  if (ids.length > 0) return [...new Set(ids.map(cleanId))];
  // Some programs forget the brackets. In-Reply-To may also hold words ("Your message of Monday"): those have no @.
  return [
    ...new Set(
      value
        .split(/\s+/)
        .filter((word) => word.includes("@") && word.length <= 998)
        .map(cleanId),
    ),
  ];
}

/** The addr-spec in a From-like field, in lower case; undefined when there is none. */
export function parseAddrSpec(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const bare = value.slice(0, 4_096).replaceAll(/"(?:[^"\\]|\\.)*"/g, "");
  const inBrackets = /<\s*([^<>\s]+@[^<>\s]+)\s*>/.exec(bare)?.[1];
  return (inBrackets ?? /([^\s<>,;:()]+@[^\s<>,;:()]+)/.exec(bare)?.[1])?.toLowerCase();
}

function cleanId(id: string): string {
  return id.toWellFormed().replaceAll(/[\u0000-\u001f\u007f]/g, "");
}
