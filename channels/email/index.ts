import type { ImapFlow } from "imapflow";
import type { Channel, ChannelContext } from "../../src/core/channel.ts";
import { AppError, isAppError } from "../../src/core/errors.ts";
import type { OutboundMessage } from "../../src/core/message.ts";
import { createLanes } from "../_shared/lanes.ts";
import { runWithReconnect, sleepUntilAborted } from "../_shared/reconnect.ts";
import { createTrust } from "./certificates.ts";
import { composeMail } from "./compose.ts";
import type { EmailOptions } from "./config.ts";
import { watchMailbox } from "./connection.ts";
import { placeDraft } from "./drafts.ts";
import { formatDraft, formatMail, type OutgoingMail } from "./format.ts";
import { directPrefix, formatMessageId } from "./identity.ts";
import { connectImap } from "./imap.ts";
import { findOwnAnswer } from "./own-answer.ts";
import { parseDirectChat, pickRecipient } from "./recipient.ts";
import { appendSent, findSent } from "./sent.ts";
import { createSentWatch } from "./sent-watch.ts";
import { sendSmtp } from "./smtp.ts";
import { createThreads } from "./threads.ts";
import { withTimeout } from "./timeout.ts";
import { traits } from "./traits.ts";
import { useImap } from "./use-imap.ts";

export { optionsSchema, type EmailOptions } from "./config.ts";

interface Patience {
  /** After how long a login is tried again that worked before and is refused now. */
  readonly refusedMs: number;
  readonly pollMs: number;
}

const usual: Patience = { refusedMs: 10 * 60_000, pollMs: 20_000 };

/** A mail account: IMAP in, SMTP out. A mail is one part; its platform id is its Message-ID without brackets. */
export function createChannel(context: ChannelContext<EmailOptions>, given: Partial<Patience> = {}): Channel {
  const { refusedMs, pollMs } = { ...usual, ...given };
  const { options, name, log, now } = context;
  const threads = createThreads(context.state);
  const sent = createSentWatch(context, threads);
  const lanes = createLanes();
  const trust = createTrust(options.ca);
  const connect = async (signal?: AbortSignal): Promise<ImapFlow> => connectImap(options.imap, await trust(), signal);
  let live: ImapFlow | undefined;

  /** Uses the receiving connection when it is here; else opens one for this. */
  const saveSent = async (raw: Buffer): Promise<void> => {
    if (live?.usable === true) return appendSent(live, options.sentMailbox, raw);
    const client = await connect();
    try {
      await appendSent(client, options.sentMailbox, raw);
    } finally {
      client.close();
    }
  };

  const composeOutgoing = (mail: OutgoingMail, { attachments }: OutboundMessage): Promise<Buffer> =>
    composeMail(mail, attachments, context.files, new Date(now()), options.maxMessageBytes);

  const formatOutgoing = async (message: OutboundMessage): Promise<OutgoingMail> => {
    const { to, answered } = pickRecipient(message, await threads.read(message.address.chat));
    return formatMail(message, { address: options.address, name: options.name }, to, answered);
  };

  return {
    traits,

    async start(sink, signal) {
      let wasUp = false;
      const onClient = (client: ImapFlow | undefined): void => {
        live = client;
        wasUp ||= client !== undefined;
      };
      const watch = { channel: context, threads, sink, sent, pollMs, connect, onClient };
      while (!signal.aborted) {
        try {
          await runWithReconnect((connected, up) => watchMailbox(watch, connected, up), { signal, sink });
        } catch (error) {
          // A password that never worked is mistyped; one that did may be valid again.
          if (!wasUp || !isAppError(error, "unauthorised")) throw error;
          await sleepUntilAborted(refusedMs, signal);
        }
      }
    },

    async send(message, attempt) {
      const { sentParts, signal } = attempt;
      if (sentParts.length > 0) return sentParts;
      const mail = await formatOutgoing(message);
      const raw = await composeOutgoing(mail, message);
      await sendSmtp(options.smtp, await trust(), { from: options.address, to: mail.to }, raw, signal);
      // Side by side: whichever is first closes the gap in which a crash leaves a question.
      const [recorded, saved] = await Promise.allSettled([
        attempt.recordPart(mail.messageId),
        withTimeout(saveSent(raw), 30_000, "storing the sent mail"),
      ]);
      if (saved.status === "rejected")
        log.warn({ outboundId: message.id }, "the mail was sent, but its copy could not be put into the Sent mailbox");
      if (recorded.status === "rejected")
        throw new AppError("send-uncertain", "The mail was sent, but that could not be recorded.", {
          cause: recorded.reason,
        });
      return [mail.messageId];
    },

    async reconcile(message, { sentParts, signal }) {
      const messageId = sentParts[0] ?? formatMessageId(message.id, message.address.chat, options.address);
      if (sentParts.length > 0) return { state: "arrived", platformId: messageId };
      return useImap(connect, signal, "the search in the Sent mailbox", (client) =>
        findSent(client, options.sentMailbox, messageId),
      );
    },

    findOwnAnswer: (message, signal) =>
      useImap(connect, signal, "the search in the Sent mailbox", (client) =>
        findOwnAnswer(client, context, threads, message),
      ),

    // One behind the other: a draft that is taken away at once must not come later.
    saveDraft: (id, message, signal) =>
      lanes.run("drafts", async () => {
        const mail = message === undefined ? undefined : formatDraft(id, await formatOutgoing(message));
        const raw = message === undefined || mail === undefined ? undefined : await composeOutgoing(mail, message);
        await useImap(connect, signal, "storing the draft", (client) => placeDraft(client, id, raw));
      }),

    async openDirect(personId) {
      const chat = directPrefix + personId.slice(name.length + 1).toLowerCase();
      if (!personId.startsWith(`${name}:`) || parseDirectChat(chat) === undefined)
        throw new AppError("bad-input", "This is no person of this mail channel.", {
          hint: `Person ids look like ${name}:ada@example.org.`,
        });
      return { channel: name, chat };
    },
  };
}
