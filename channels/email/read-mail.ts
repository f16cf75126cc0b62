import { once } from "node:events";
import { Readable, type Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { AddressObject, AttachmentStream, Headers, MessageText } from "mailparser";
import type { FileStore } from "../../src/core/channel.ts";
import { isAppError } from "../../src/core/errors.ts";
import { loadPackage } from "../../src/core/load-package.ts";
import type { Attachment } from "../../src/core/message.ts";
import { parseAddrSpec, findHeader, parseHeaders, type MailHeader } from "./headers.ts";
import type { MailAddress, MailParts } from "./parse.ts";

const maxAttachments = 50;
const maxFieldChars = 131_072;
/** The fields that mailparser decodes for us. It takes seconds for long References, which we read ourselves. */
const decodedFields = /^(?:from|to|cc|reply-to|subject|date|mime-version|content-[a-z-]+)$/;

export interface ReadMailOptions {
  readonly files: Pick<FileStore, "save">;
  /** False: only their names are told. For mails of which not all bytes are there. */
  readonly keepsAttachments: boolean;
}

/**
 * Takes a mail apart as its bytes come in; attachments go to disk on the way. `header` is the whole header section,
 * `body` what follows it. A mail that breaks the rules still gives
 * its header and whatever could be read, with a note. Throws only what the source or the file store throws: the mail
 * must then be read again.
 */
export async function readMail(
  header: Buffer,
  body: AsyncIterable<Uint8Array>,
  options: ReadMailOptions,
): Promise<MailParts> {
  const { MailParser } = await loadPackage("mailparser", () => import("mailparser"));
  const outside: { error?: unknown } = {};
  const attachments: Attachment[] = [];
  const notes: string[] = [];
  let decoded: Headers | undefined;
  let texts: MessageText | undefined;
  const headers = parseHeaders(header.toString("latin1"));

  // Links and HTML are read by us or not at all: what mailparser would do with them has no bounds. maxHeadSize is an
  // option of its splitter, for the headers of parts and attached mails.
  const settings = {
    skipHtmlToText: true,
    skipTextToHtml: true,
    skipImageLinks: true,
    skipTextLinks: true,
    maxHeadSize: 65_536,
  };
  const parser = new MailParser(settings);
  parser.on("headers", (parsed) => {
    decoded = parsed;
  });
  const takeParts = async (parts: AsyncIterable<AttachmentStream | MessageText>): Promise<void> => {
    for await (const part of parts) {
      if (part.type === "text") texts = part;
      else await takeAttachment(part);
    }
  };
  const takeAttachment = async (part: AttachmentStream): Promise<void> => {
    const content = part.content as Transform;
    const name = cleanName(part.filename, attachments.length + 1);
    if (!options.keepsAttachments || attachments.length >= maxAttachments) {
      notes.push(`Not taken over: ${name}.`);
    } else {
      try {
        const chunks = content.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
        attachments.push(await options.files.save(chunks, { name, mimeType: part.contentType }));
      } catch (error) {
        if (!isAppError(error, "too-large")) {
          outside.error = error;
          throw error;
        }
        notes.push(`Too large to be taken over: ${name}.`);
      }
    }
    if (!content.readableEnded && !content.destroyed) {
      content.resume();
      await once(content, "end");
    }
    part.release();
  };

  try {
    await pipeline(Readable.from(keepError(joinMail(headers, body), outside)), parser, takeParts);
  } catch {
    // oxlint-disable-next-line typescript/only-throw-error -- what the stream failed with, as it was
    if (outside.error !== undefined) throw outside.error;
    notes.push("Parts of this mail could not be read: it is not well-formed.");
  }

  return {
    headers,
    from: pickAddresses(decoded, headers, "from"),
    replyTo: pickAddresses(decoded, headers, "reply-to"),
    to: pickAddresses(decoded, headers, "to"),
    cc: pickAddresses(decoded, headers, "cc"),
    subject: pickString(decoded?.get("subject")) ?? findHeader(headers, "subject") ?? "",
    date: pickDate(decoded?.get("date")),
    text: pickString(texts?.text),
    html: pickString(texts?.html),
    attachments,
    notes,
  };
}

async function* joinMail(headers: readonly MailHeader[], body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const kept = headers.filter(({ key, value }) => decodedFields.test(key) && value.length <= maxFieldChars);
  yield Buffer.from(`${kept.map(({ key, value }) => `${key}: ${value}\r\n`).join("")}\r\n`, "latin1");
  yield* body;
}

/** Marks a failure of the source, so that it is told apart from a malformed mail. */
async function* keepError(source: AsyncIterable<Uint8Array>, outside: { error?: unknown }): AsyncGenerator<Uint8Array> {
  try {
    yield* source;
  } catch (error) {
    outside.error = error;
    throw error;
  }
}

/** mailparser's view where it has one, since it decodes names; else the bare field. */
function pickAddresses(
  decoded: Headers | undefined,
  headers: readonly MailHeader[],
  key: string,
): readonly MailAddress[] {
  const value = decoded?.get(key) as AddressObject | AddressObject[] | undefined;
  const found = [value ?? []]
    .flat()
    .flatMap((object) => object.value ?? [])
    .flatMap((entry) => entry.group ?? [entry])
    .filter((entry) => entry.address !== undefined && /^[^\s<>]+@[^\s<>]+$/.test(entry.address))
    .slice(0, 500)
    .map((entry) => ({ name: entry.name ?? "", address: (entry.address ?? "").toLowerCase() }));
  if (found.length > 0) return found;
  const address = parseAddrSpec(findHeader(headers, key));
  return address === undefined ? [] : [{ name: "", address }];
}

function pickString(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function pickDate(value: unknown): Date | undefined {
  return value instanceof Date && !Number.isNaN(value.getTime()) ? value : undefined;
}

function cleanName(name: string | undefined, number: number): string {
  const cleaned = (name ?? "")
    .toWellFormed()
    .replaceAll(/[\u0000-\u001f\u007f/\\]/g, "_")
    .slice(0, 200)
    .trim();
  return cleaned === "" || /^\.+$/.test(cleaned) ? `attachment-${number}` : cleaned;
}
