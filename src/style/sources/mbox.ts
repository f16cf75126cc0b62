import { loadPackage } from "../../core/load-package.ts";
import { decodeBytes, listLines } from "./lines.ts";
import { fault, isMe, other, own, type ReadSource, type SourceItem, type SourceRequest } from "./source.ts";

const maxLineChars = 100_000;
/** What is behind is an attachment. */
const maxMailChars = 2_000_000;

/**
 * A mailbox as mail programs export it. A mail is the owner's when its From is one of their addresses; a copy of it that
 * somebody else quotes is not. What was sent without a hand of theirs (out of office) is left out.
 */
export const readMbox: ReadSource = async function* readMbox(request) {
  let mail = "";
  let startsAt = 1;
  let isAfterBlank = true;
  for await (const { text, number } of listLines(decodeBytes(request.chunks), maxLineChars)) {
    if (isAfterBlank && /^From .*\d/.test(text)) {
      if (mail !== "") yield* readMail(mail, startsAt, request);
      mail = "";
      startsAt = number;
    } else if (mail.length < maxMailChars) mail += `${text.replace(/^>(>*From )/, "$1")}\r\n`;
    isAfterBlank = text === "";
  }
  if (mail.trim() !== "") yield* readMail(mail, startsAt, request);
};

async function* readMail(mail: string, line: number, { me }: SourceRequest): AsyncGenerator<SourceItem> {
  const head = readHead(mail);
  const from = head("from");
  if (from === undefined) {
    yield fault(`line ${line}`, "This is no mail: it has no From.");
    return;
  }
  // Taking a mail apart takes its time: that of others is not even looked at.
  if (!isMe(me, addressOf(from))) {
    yield other(addressOf(from));
    return;
  }
  if (/^auto-/i.test(head("auto-submitted") ?? "")) return;
  const { simpleParser } = await loadPackage("mailparser", () => import("mailparser"));
  const options = { skipTextToHtml: true, skipImageLinks: true, skipTextLinks: true };
  const parsed = await simpleParser(Buffer.from(mail, "latin1"), options).catch(() => undefined);
  const at = parsed?.date?.getTime() ?? Number.NaN;
  if (parsed === undefined || Number.isNaN(at)) {
    yield fault(`line ${line}`, "The mail cannot be read, or has no date.");
    return;
  }
  const to = [parsed.to ?? []].flat()[0]?.value[0]?.address?.toLowerCase();
  const text = parsed.text?.trim() ?? "";
  if (text !== "") yield own({ text, at, ...(to !== undefined && { to }) });
}

/** Reads a field of the head, folded lines joined; the first of a name counts. */
function readHead(mail: string): (name: string) => string | undefined {
  const head = mail.slice(0, (mail.indexOf("\r\n\r\n") + 1 || mail.length + 1) - 1).replaceAll(/\r\n[ \t]+/g, " ");
  return (name) => new RegExp(`^${name}:[ \\t]*(.*)$`, "im").exec(head)?.[1]?.trim();
}

/** The address in angle brackets where there is one: a name in front of it may look like another address. */
function addressOf(from: string): string {
  const bare = from.replaceAll(/\([^()]*\)/g, "");
  return (/<([^<>]+)>[^<>]*$/.exec(bare)?.[1] ?? bare).trim().toLowerCase();
}
