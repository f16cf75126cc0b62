import type { FetchMessageObject, ImapFlow } from "imapflow";
import type { ChannelContext } from "../../src/core/channel.ts";
import type { InboundMessage } from "../../src/core/message.ts";
import { isMarkedAutomated } from "./automated.ts";
import type { EmailOptions } from "./config.ts";
import { parseHeaders, type MailHeader } from "./headers.ts";
import { isSentByUs } from "./identity.ts";
import { loadMail, type LoadedMail } from "./load-mail.ts";
import { listOthers, parseOwnMail, parseThreadMail, pickChat } from "./parse.ts";
import { findKnownChat, type Threads } from "./threads.ts";

/**
 * The message that a mail of the open Sent mailbox is. Undefined for what the owner did not write: our own mail, and
 * what machines send in their name, such as vacation notices. From then on answers to it are found in its conversation.
 */
export async function readOwnMail(
  client: ImapFlow,
  channel: ChannelContext<EmailOptions>,
  threads: Threads,
  mail: FetchMessageObject,
  receivedAt: number,
): Promise<InboundMessage | undefined> {
  const headers = parseHeaders((mail.headers ?? Buffer.alloc(0)).toString("latin1"));
  if (!isOwners(headers, channel.options.address)) return undefined;
  const loaded = await loadMail(client, channel, mail, receivedAt);
  const { parts, links, place } = loaded;
  const chat = await findOwnChat(threads, loaded);
  await noteInThread(threads, chat, loaded);
  return parseOwnMail(parts, links, chat, place);
}

/** Did the owner write a mail in the Sent mailbox, and no program in their name? */
export function isOwners(headers: readonly MailHeader[], address: string): boolean {
  return !isSentByUs(headers, address) && !isMarkedAutomated(headers);
}

/** As for received mail; but the owner may write in any conversation, direct ones too, that they know a mail of. */
async function findOwnChat(threads: Threads, { parts, links, place }: LoadedMail): Promise<string> {
  const known = await findKnownChat(threads, links.references, place.ownAddress);
  return known ?? pickChat(links, listOthers(parts, place.ownAddress)[0] ?? place.ownAddress.toLowerCase(), place);
}

/** In a thread that the owner began, what we write goes to whom they wrote; else it goes where it went before. */
async function noteInThread(threads: Threads, chat: string, { parts, links, place }: LoadedMail): Promise<void> {
  const threadMail = parseThreadMail(parts, links, listOthers(parts, place.ownAddress)[0]);
  const isNew = (await threads.read(chat)).length === 0;
  if (isNew && threadMail !== undefined) await threads.remember(chat, threadMail);
  else await threads.note(chat, links.id);
}
