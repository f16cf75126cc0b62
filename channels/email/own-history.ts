import type { FetchMessageObject, ImapFlow } from "imapflow";
import { AppError } from "../../src/core/errors.ts";
import type { OwnMessage } from "../../src/core/style.ts";
import { createTrust } from "./certificates.ts";
import type { EmailOptions } from "./config.ts";
import { parseHeaders } from "./headers.ts";
import { connectImap, translateFailure } from "./imap.ts";
import { findSentMailbox, openReadOnly } from "./mailboxes.ts";
import { isOwners } from "./own-mail.ts";
import { listOthers, parseLinks, parseOwnMail } from "./parse.ts";
import { readMail } from "./read-mail.ts";

/** Of each mail, so much is read: enough for what somebody has written by hand. */
const maxBytesRead = 65_536;
const mailsPerFetch = 100;
/** SEARCH SINCE knows days only, in the server's time zone. */
const dayMs = 86_400_000;

export interface OwnHistoryRequest {
  /** The configured name of the account. */
  readonly channel: string;
  readonly options: EmailOptions;
  /** Epoch milliseconds. */
  readonly since: number;
  /** The newest ones. */
  readonly maxMails: number;
  readonly signal: AbortSignal;
  readonly onProgress?: (read: number, of: number) => void;
}

/**
 * What the owner has written from this account, oldest first: the words of the mails in the Sent mailbox, without quotes,
 * signature and attachments. Left out is what we sent, and what programs send in the owner's name. Changes nothing in the
 * mailbox. Throws AppError: "not-found" without a Sent mailbox, "unauthorised", "unreachable", "aborted".
 */
export async function* readOwnHistory(request: OwnHistoryRequest): AsyncGenerator<OwnMessage> {
  const { options, since, maxMails, signal, onProgress } = request;
  const client = await connectImap(options.imap, await createTrust(options.ca)(), signal);
  // Whatever is waited for fails then.
  const close = (): void => client.close();
  signal.addEventListener("abort", close, { once: true });
  try {
    const uids = await findSent(client, options, since, maxMails);
    for (let from = 0; from < uids.length; from += mailsPerFetch) {
      onProgress?.(from, uids.length);
      const page = uids.slice(from, from + mailsPerFetch);
      const query = { uid: true, headers: true, internalDate: true, source: { start: 0, maxLength: maxBytesRead } };
      for await (const mail of client.fetch(page, query, { uid: true })) {
        const message = await readOwnWords(mail, request);
        if (message !== undefined && message.at >= since) yield message;
      }
    }
    onProgress?.(uids.length, uids.length);
  } catch (error) {
    if (signal.aborted) throw new AppError("aborted", "Given up.", { cause: error });
    throw translateFailure(error);
  } finally {
    signal.removeEventListener("abort", close);
    client.close();
  }
}

async function findSent(
  client: ImapFlow,
  { sentMailbox }: EmailOptions,
  since: number,
  maxMails: number,
): Promise<readonly number[]> {
  const sent = await findSentMailbox(client, sentMailbox);
  if (!sent.isThere)
    throw new AppError("not-found", `The account has no mailbox "${sent.path}".`, {
      hint: "`sentMailbox` in the channel's configuration names the one with the mails that were sent.",
    });
  await openReadOnly(client, sent.path);
  const found = await client.search({ since: new Date(since - dayMs) }, { uid: true });
  return (found || []).toSorted((a, b) => a - b).slice(-maxMails);
}

/** Undefined: the owner did not write it, or there are no words in it. */
async function readOwnWords(
  mail: FetchMessageObject,
  { channel, options }: OwnHistoryRequest,
): Promise<OwnMessage | undefined> {
  const header = mail.headers ?? Buffer.alloc(0);
  const headers = parseHeaders(header.toString("latin1"));
  if (!isOwners(headers, options.address)) return undefined;
  const body = (mail.source ?? Buffer.alloc(0)).subarray(header.length);
  const read = await readMail(header, inOnePiece(body), { files: noFiles, keepsAttachments: false });
  // What could not be taken over is said to readers; here only the owner's words count.
  const parts = { ...read, notes: [] };
  const place = {
    channel,
    ownAddress: options.address,
    uid: mail.uid,
    receivedAt: new Date(mail.internalDate ?? 0).getTime(),
    trustedAuthServer: undefined,
  };
  const { text, sentAt } = parseOwnMail(parts, parseLinks(headers, place), "", place);
  const [to, ...others] = listOthers(parts, options.address);
  if (text.trim() === "") return undefined;
  return { text, at: sentAt, channel, ...(to === undefined || others.length > 0 ? {} : { to }) };
}

async function* inOnePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const noFiles = {
  save: async () => {
    throw new AppError("unsupported", "Attachments are not read here.");
  },
};
