import type { FetchMessageObject, ImapFlow } from "imapflow";
import type { ChannelContext, ChannelSink } from "../../src/core/channel.ts";
import type { EmailOptions } from "./config.ts";
import { readNewMail } from "./cursor.ts";
import { findHeader, parseHeaders } from "./headers.ts";
import { directPrefix, isOwnMail } from "./identity.ts";
import { loadMail, type LoadedMail } from "./load-mail.ts";
import { parseMail, parseSender, parseThreadMail, pickChat } from "./parse.ts";
import { findKnownChat, type Threads } from "./threads.ts";

export interface ReceiveContext {
  /** With the mailbox of the configuration open. */
  readonly client: ImapFlow;
  readonly channel: ChannelContext<EmailOptions>;
  readonly threads: Threads;
  readonly sink: ChannelSink;
  readonly signal: AbortSignal;
}

/** Hands over what came since the last time, as `readNewMail` does. */
export async function receiveNew(context: ReceiveContext): Promise<void> {
  const { client, channel, signal } = context;
  const take = (mail: FetchMessageObject, receivedAt: number): Promise<void> => receiveOne(context, mail, receivedAt);
  await readNewMail({ client, path: channel.options.mailbox, channel, signal, take });
}

async function receiveOne(context: ReceiveContext, mail: FetchMessageObject, receivedAt: number): Promise<void> {
  const { client, channel, threads, sink } = context;
  const headers = parseHeaders((mail.headers ?? Buffer.alloc(0)).toString("latin1"));
  if (isOwnMail(headers, channel.options.address)) return;
  const loaded = await loadMail(client, channel, mail, receivedAt);
  const { parts, links, place } = loaded;
  const chat = await findChat(threads, loaded);
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
async function findChat(threads: Threads, { parts, links, place }: LoadedMail): Promise<string> {
  const writer = parseSender(parts, place).id.slice(place.channel.length + 1);
  const chat = pickChat(links, writer, place);
  // Whoever knows a Message-ID of a direct chat gets one of their own, not that one.
  if (chat.startsWith(directPrefix)) return chat;
  return (await findKnownChat(threads, links.references, place.ownAddress)) ?? chat;
}
