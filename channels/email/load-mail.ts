import type { FetchMessageObject, ImapFlow } from "imapflow";
import type { ChannelContext } from "../../src/core/channel.ts";
import type { EmailOptions } from "./config.ts";
import { parseHeaders } from "./headers.ts";
import { parseLinks, type MailLinks, type MailParts, type MailPlace } from "./parse.ts";
import { readMail } from "./read-mail.ts";

/** A mail taken apart, and how it hangs together with others. */
export interface LoadedMail {
  readonly parts: MailParts;
  readonly links: MailLinks;
  readonly place: MailPlace;
}

const chunkBytes = 262_144;
/** Of a mail beyond maxMessageBytes, so much is read: mostly enough for its text. */
const excerptBytes = 262_144;

/** Reads a mail of the open mailbox whose header, size and time were fetched. No mail is marked as read. */
export async function loadMail(
  client: ImapFlow,
  channel: ChannelContext<EmailOptions>,
  mail: FetchMessageObject,
  receivedAt: number,
): Promise<LoadedMail> {
  const { options, name, files } = channel;
  const header = mail.headers ?? Buffer.alloc(0);
  const place: MailPlace = {
    channel: name,
    ownAddress: options.address,
    uid: mail.uid,
    receivedAt,
    trustedAuthServer: options.trustedAuthServer,
  };
  const isWhole = (mail.size ?? 0) <= options.maxMessageBytes;
  const body = downloadBody(client, mail.uid, header.length, isWhole ? options.maxMessageBytes : excerptBytes);
  const read = await readMail(header, body, { files, keepsAttachments: isWhole });
  const parts: MailParts = isWhole
    ? read
    : { ...read, notes: ["This mail was too large: only its beginning was read.", ...read.notes] };
  return { parts, links: parseLinks(parseHeaders(header.toString("latin1")), place), place };
}

/** What follows the header of `from` bytes, in pieces, without setting \Seen. Ends early after `maxBytes`. */
async function* downloadBody(
  client: ImapFlow,
  uid: number,
  from: number,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  for (let start = from; start < from + maxBytes;) {
    const maxLength = Math.min(chunkBytes, from + maxBytes - start);
    const answer = await client.fetchOne(uid, { source: { start, maxLength } }, { uid: true });
    const chunk = answer ? answer.source : undefined;
    if (chunk === undefined || chunk.length === 0) return;
    yield chunk;
    start += chunk.length;
    if (chunk.length !== maxLength) return;
  }
}
