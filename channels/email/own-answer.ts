import type { FetchMessageObject, ImapFlow } from "imapflow";
import type { ChannelContext } from "../../src/core/channel.ts";
import type { InboundMessage } from "../../src/core/message.ts";
import type { EmailOptions } from "./config.ts";
import { findHeader, parseHeaders, parseMessageIds } from "./headers.ts";
import { findSentMailbox, openReadOnly } from "./mailboxes.ts";
import { readOwnMail } from "./own-mail.ts";
import { shortenId } from "./parse.ts";
import type { Threads } from "./threads.ts";

/** SEARCH SINCE knows days only, in the server's time zone; and a mail's date may be a little ahead of its arrival. */
const slackMs = 2 * 86_400_000;
/** Of the latest mails in Sent, so many are looked at. */
const maxLooked = 2_000;
const linkFields = ["in-reply-to", "references"];

/**
 * The latest mail in the Sent mailbox that names this one among those it answers, and that the owner wrote. The headers
 * are compared here: servers differ in what a search for them finds.
 */
export async function findOwnAnswer(
  client: ImapFlow,
  channel: ChannelContext<EmailOptions>,
  threads: Threads,
  message: InboundMessage,
): Promise<InboundMessage | undefined> {
  const sent = await findSentMailbox(client, channel.options.sentMailbox);
  if (!sent.isThere) return undefined;
  await openReadOnly(client, sent.path);
  const found = await client.search({ since: new Date(message.sentAt - slackMs) }, { uid: true });
  const uids = (found || []).toSorted((a, b) => a - b).slice(-maxLooked);
  if (uids.length === 0) return undefined;
  const answers: number[] = [];
  for await (const { uid, headers } of client.fetch(uids, { uid: true, headers: linkFields }, { uid: true }))
    if (isAnswerTo(message.id, headers)) answers.push(uid);
  for (const uid of answers.toSorted((a, b) => b - a)) {
    const fields = { uid: true, headers: true, size: true, internalDate: true } as const;
    const mail = await client.fetchOne(uid, fields, { uid: true });
    if (!mail) continue;
    const answer = await readOwnMail(client, channel, threads, mail, arrivedAt(mail, channel.now()));
    if (answer !== undefined) return answer;
  }
  return undefined;
}

function isAnswerTo(id: string, section: Buffer | undefined): boolean {
  const headers = parseHeaders((section ?? Buffer.alloc(0)).toString("latin1"));
  return linkFields
    .flatMap((field) => parseMessageIds(findHeader(headers, field)))
    .some((named) => shortenId(named) === id);
}

function arrivedAt({ internalDate }: FetchMessageObject, now: number): number {
  return new Date(internalDate ?? now).getTime();
}
