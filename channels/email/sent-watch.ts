import type { FetchMessageObject, ImapFlow } from "imapflow";
import type { ChannelContext, ChannelSink } from "../../src/core/channel.ts";
import type { EmailOptions } from "./config.ts";
import { loadCursor, readNewMail, saveCursor, type Cursor } from "./cursor.ts";
import { findSentMailbox, isMissingMailbox, openReadOnly } from "./mailboxes.ts";
import { readOwnMail } from "./own-mail.ts";
import type { Threads } from "./threads.ts";

/** Watches for mail that the owner sends with another program: every program puts a copy into the Sent mailbox. */
export interface SentWatch {
  /**
   * Hands over what came since the last look, oldest first, each once the one before is stored. What lay there before
   * the first look is left alone. Resolves with true when it had to open the Sent mailbox, so that the one that was open
   * is not any more. Rejects as `readNewMail` does.
   */
  look(client: ImapFlow, sink: ChannelSink, signal: AbortSignal): Promise<boolean>;
}

export function createSentWatch(channel: ChannelContext<EmailOptions>, threads: Threads): SentWatch {
  const { state, options, log, now } = channel;
  let found: { readonly client: ImapFlow; readonly path: string } | undefined;
  let isTold = false;

  async function findPath(client: ImapFlow): Promise<string> {
    if (found?.client !== client) found = { client, path: (await findSentMailbox(client, options.sentMailbox)).path };
    return found.path;
  }

  function tellOnce(path: string): void {
    if (!isTold) log.info({ mailbox: path }, "there is no Sent mailbox to see what is sent with other programs");
    isTold = true;
  }

  /** Where the mailbox ends, without opening it; undefined when it is not there. */
  async function findEnd(client: ImapFlow, path: string): Promise<Omit<Cursor, "lastAt"> | undefined> {
    try {
      const status = await client.status(path, { uidNext: true, uidValidity: true });
      if (!status || status.uidNext === undefined) return undefined;
      return { uidValidity: String(status.uidValidity ?? ""), lastUid: status.uidNext - 1 };
    } catch (error) {
      if (!client.usable) throw error;
      // One that is made later is read from its beginning.
      if (isMissingMailbox(error) && (await loadCursor(state, path)) === undefined)
        await saveCursor(state, path, { uidValidity: "", lastUid: 0, lastAt: now() });
      return undefined;
    }
  }

  return {
    async look(client, sink, signal) {
      const path = await findPath(client);
      if (path === options.mailbox) return false;
      const end = await findEnd(client, path);
      if (end === undefined) {
        tellOnce(path);
        return false;
      }
      const cursor = await loadCursor(state, path);
      if (cursor === undefined) {
        await saveCursor(state, path, { ...end, lastAt: now() });
        return false;
      }
      if (cursor.uidValidity === end.uidValidity && cursor.lastUid >= end.lastUid) return false;
      try {
        await openReadOnly(client, path);
      } catch (error) {
        if (!client.usable) throw error;
        tellOnce(path);
        return true;
      }
      const take = async (mail: FetchMessageObject, receivedAt: number): Promise<void> => {
        const message = await readOwnMail(client, channel, threads, mail, receivedAt);
        if (message === undefined) return;
        const outcome = await sink.receive(message);
        log.debug({ outcome, uid: mail.uid }, "mail of the account's owner seen");
      };
      await readNewMail({ client, path, channel, signal, take });
      if (signal.aborted) return true;
      // What was taken away at the end is not looked for again.
      const last = await loadCursor(state, path);
      if (last?.uidValidity === end.uidValidity && last.lastUid < end.lastUid)
        await saveCursor(state, path, { ...last, lastUid: end.lastUid });
      return true;
    },
  };
}
