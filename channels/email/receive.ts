import type { FetchMessageObject, ImapFlow } from "imapflow";
import type { ChannelContext, ChannelSink } from "../../src/core/channel.ts";
import type { EmailOptions } from "./config.ts";
import { findHeader, parseHeaders } from "./headers.ts";
import { directPrefix, isOwnMail, parseOwnMessageId } from "./identity.ts";
import {
  parseLinks,
  parseMail,
  parseSender,
  parseThreadMail,
  pickChat,
  type MailLinks,
  type MailParts,
  type MailPlace,
} from "./parse.ts";
import { readMail } from "./read-mail.ts";
import type { Threads } from "./threads.ts";

/** How far a mailbox has been read. */
interface Cursor {
  readonly uidValidity: string;
  readonly lastUid: number;
  /** Arrival of the newest mail that was read, or the first start; epoch milliseconds. */
  readonly lastAt: number;
}

export interface ReceiveContext {
  readonly client: ImapFlow;
  readonly channel: ChannelContext<EmailOptions>;
  readonly threads: Threads;
  readonly sink: ChannelSink;
  readonly signal: AbortSignal;
}

const chunkBytes = 262_144;
/** Of a mail beyond maxMessageBytes, so much is read: mostly enough for its text. */
const excerptBytes = 262_144;
/** How far back a renumbered mailbox is read again: clocks differ, and the message ids catch the doubles. */
const renumberOverlapMs = 3_600_000;

/**
 * Hands over every mail that came since the cursor, oldest first; the cursor moves behind each mail once the sink has
 * it. Throws when a mail could not be stored or the connection broke: nothing is skipped, the next run starts there.
 */
export async function receiveNew(context: ReceiveContext): Promise<void> {
  const { client, channel, signal } = context;
  const key = `cursor:${channel.options.mailbox}`;
  const mailbox = client.mailbox;
  if (mailbox === false) return;
  const uidValidity = String(mailbox.uidValidity);
  let cursor = parseCursor(await channel.state.get(key));
  if (cursor === undefined) {
    // Mail from before the first start is not ours to answer.
    cursor = { uidValidity, lastUid: await findLastUid(client), lastAt: channel.now() };
    await channel.state.set(key, JSON.stringify(cursor));
    return;
  }
  const isRenumbered = cursor.uidValidity !== uidValidity;
  const since = cursor.lastAt - renumberOverlapMs;
  if (isRenumbered)
    channel.log.warn(
      { mailbox: channel.options.mailbox },
      "the server numbered the mailbox anew; mail is told apart by its id",
    );
  // SEARCH SINCE knows days only, and in the server's time zone.
  const query = isRenumbered ? { since: new Date(since - 86_400_000) } : { uid: `${cursor.lastUid + 1}:*` };
  const found = (await client.search(query, { uid: true })) || [];
  // "n:*" always matches the last mail, even below n.
  const uids = found.filter((uid) => isRenumbered || uid > (cursor?.lastUid ?? 0)).toSorted((a, b) => a - b);
  const lastUid = isRenumbered ? await findLastUid(client) : 0;

  for (const uid of uids) {
    if (signal.aborted) return;
    // One after the other: the order is kept, and the cursor never passes a mail that is not stored.
    const mail = await client.fetchOne(
      uid,
      { uid: true, headers: true, size: true, internalDate: true },
      { uid: true },
    );
    const receivedAt = mail ? new Date(mail.internalDate ?? channel.now()).getTime() : cursor.lastAt;
    if (mail && !(isRenumbered && isOlder(mail, receivedAt, since))) await receiveOne(context, mail, receivedAt);
    const lastAt = Math.max(cursor.lastAt, Math.min(receivedAt, channel.now()));
    // While a renumbered mailbox is gone through, the old numbering stays in the cursor: a crash starts it over.
    if (!isRenumbered) {
      cursor = { uidValidity, lastUid: uid, lastAt };
      await channel.state.set(key, JSON.stringify(cursor));
    } else cursor = { ...cursor, lastAt };
  }
  if (isRenumbered)
    await channel.state.set(
      key,
      JSON.stringify({ uidValidity, lastUid: Math.max(lastUid, uids.at(-1) ?? 0), lastAt: cursor.lastAt }),
    );
}

async function receiveOne(context: ReceiveContext, mail: FetchMessageObject, receivedAt: number): Promise<void> {
  const { channel, threads, sink } = context;
  const { options } = channel;
  const header = mail.headers ?? Buffer.alloc(0);
  const headers = parseHeaders(header.toString("latin1"));
  if (isOwnMail(headers, options.address)) return;
  const place: MailPlace = {
    channel: channel.name,
    ownAddress: options.address,
    uid: mail.uid,
    receivedAt,
    trustedAuthServer: options.trustedAuthServer,
  };
  const isWhole = (mail.size ?? 0) <= options.maxMessageBytes;
  const body = downloadBody(context.client, mail.uid, header.length, isWhole ? options.maxMessageBytes : excerptBytes);
  const read = await readMail(header, body, { files: channel.files, keepsAttachments: isWhole });
  const parts: MailParts = isWhole
    ? read
    : { ...read, notes: ["This mail was too large: only its beginning was read.", ...read.notes] };
  const links = parseLinks(headers, place);
  const chat = await findChat(threads, links, parts, place);
  // Before the hand-over, for the answer may follow at once.
  const threadMail = parseThreadMail(parts, links);
  if (threadMail !== undefined) await threads.remember(chat, threadMail);
  const outcome = await sink.receive(parseMail(parts, links, chat, place));
  channel.log.debug(
    { outcome, uid: mail.uid, hasSubject: findHeader(headers, "subject") !== undefined },
    "mail received",
  );
}

/** The conversation of a mail: known by one of its references, by our own message ids, or the root it names. */
async function findChat(threads: Threads, links: MailLinks, parts: MailParts, place: MailPlace): Promise<string> {
  const chat = pickChat(links, parseSender(parts, place), place);
  if (chat.startsWith(directPrefix)) return chat;
  for (const id of links.references.slice(-20)) {
    const own = parseOwnMessageId(id, place.ownAddress);
    const known = own === undefined ? undefined : await threads.findChatByHash(own.chatHash);
    if (known !== undefined) return known;
  }
  const ends = [...new Set([...links.references.slice(0, 3), ...links.references.slice(-3)])];
  return (await threads.findChat(ends)) ?? chat;
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

/** Was this mail there before what we last read? A restored mailbox may carry new arrival times: then its date tells. */
function isOlder(mail: FetchMessageObject, receivedAt: number, since: number): boolean {
  if (receivedAt < since) return true;
  const date = Date.parse(findHeader(parseHeaders((mail.headers ?? Buffer.alloc(0)).toString("utf8")), "date") ?? "");
  return date < since - 7 * 86_400_000;
}

async function findLastUid(client: ImapFlow): Promise<number> {
  const mailbox = client.mailbox;
  if (mailbox === false) return 0;
  const status = await client.status(mailbox.path, { uidNext: true });
  return Math.max(0, ((status ? status.uidNext : undefined) ?? mailbox.uidNext) - 1);
}

function parseCursor(text: string | undefined): Cursor | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as Cursor);
}
