import type { FetchMessageObject, ImapFlow } from "imapflow";
import type { ChannelContext, ChannelState } from "../../src/core/channel.ts";
import { findHeader, parseHeaders } from "./headers.ts";

/** How far a mailbox has been read. */
export interface Cursor {
  readonly uidValidity: string;
  readonly lastUid: number;
  /** Arrival of the newest mail that was read, or the first start; epoch milliseconds. */
  readonly lastAt: number;
}

export interface Reading {
  /** With the mailbox open. */
  readonly client: ImapFlow;
  readonly path: string;
  readonly channel: Pick<ChannelContext, "state" | "log" | "now">;
  readonly signal: AbortSignal;
  /** Resolves once the mail is stored, or is nothing to us. */
  readonly take: (mail: FetchMessageObject, receivedAt: number) => Promise<void>;
}

/** How far back a renumbered mailbox is read again: clocks differ, and the message ids catch the doubles. */
const renumberOverlapMs = 3_600_000;

/**
 * Hands over every mail that came since the cursor, oldest first; the cursor moves behind each mail once it is taken.
 * Throws when one could not be stored or the connection broke: nothing is skipped, the next run starts there.
 */
export async function readNewMail({ client, path, channel, signal, take }: Reading): Promise<void> {
  const { state, log, now } = channel;
  const mailbox = client.mailbox;
  if (mailbox === false) return;
  const uidValidity = String(mailbox.uidValidity);
  let cursor = await loadCursor(state, path);
  if (cursor === undefined) {
    // Mail from before the first start is not ours to answer.
    cursor = { uidValidity, lastUid: await findLastUid(client), lastAt: now() };
    await saveCursor(state, path, cursor);
    return;
  }
  const isRenumbered = cursor.uidValidity !== uidValidity;
  const since = cursor.lastAt - renumberOverlapMs;
  if (isRenumbered && cursor.uidValidity !== "")
    log.warn({ mailbox: path }, "the server numbered the mailbox anew; mail is told apart by its id");
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
    const receivedAt = mail ? new Date(mail.internalDate ?? now()).getTime() : cursor.lastAt;
    if (mail && !(isRenumbered && isOlder(mail, receivedAt, since))) await take(mail, receivedAt);
    const lastAt = Math.max(cursor.lastAt, Math.min(receivedAt, now()));
    // While a renumbered mailbox is gone through, the old numbering stays in the cursor: a crash starts it over.
    if (!isRenumbered) {
      cursor = { uidValidity, lastUid: uid, lastAt };
      await saveCursor(state, path, cursor);
    } else cursor = { ...cursor, lastAt };
  }
  if (isRenumbered) {
    const end = Math.max(lastUid, uids.at(-1) ?? 0);
    await saveCursor(state, path, { uidValidity, lastUid: end, lastAt: cursor.lastAt });
  }
}

export async function loadCursor(state: ChannelState, path: string): Promise<Cursor | undefined> {
  const text = await state.get(`cursor:${path}`);
  return text === undefined ? undefined : (JSON.parse(text) as Cursor);
}

export function saveCursor(state: ChannelState, path: string, cursor: Cursor): Promise<void> {
  return state.set(`cursor:${path}`, JSON.stringify(cursor));
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
