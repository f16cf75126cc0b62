import type { ImapFlow } from "imapflow";
import type { Channel, ChannelContext } from "../../src/core/channel.ts";
import { AppError, isAppError } from "../../src/core/errors.ts";
import { runWithReconnect, sleepUntilAborted } from "../_shared/reconnect.ts";
import { createTrust } from "./certificates.ts";
import { composeMail } from "./compose.ts";
import type { EmailOptions } from "./config.ts";
import { watchMailbox } from "./connection.ts";
import { formatMail } from "./format.ts";
import { directPrefix, formatMessageId } from "./identity.ts";
import { connectImap } from "./imap.ts";
import { parseDirectChat, pickRecipient } from "./recipient.ts";
import { appendSent, findSent } from "./sent.ts";
import { sendSmtp } from "./smtp.ts";
import { createThreads } from "./threads.ts";
import { withTimeout } from "./timeout.ts";
import { traits } from "./traits.ts";

export { optionsSchema, type EmailOptions } from "./config.ts";

/** After how long a login is tried again that worked before and is refused now. */
const refusedMs = 10 * 60_000;

/** A mail account: IMAP in, SMTP out. A mail is one part; its platform id is its Message-ID without brackets. */
export function createChannel(context: ChannelContext<EmailOptions>, patience = { refusedMs }): Channel {
  const { options, name, log, now } = context;
  const threads = createThreads(context.state);
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

  return {
    traits,

    async start(sink, signal) {
      let wasUp = false;
      const onClient = (client: ImapFlow | undefined): void => {
        live = client;
        wasUp ||= client !== undefined;
      };
      const watch = { channel: context, threads, sink, connect, onClient };
      while (!signal.aborted) {
        try {
          await runWithReconnect((connected, up) => watchMailbox(watch, connected, up), { signal, sink });
        } catch (error) {
          // A password that never worked is mistyped; one that did may be valid again.
          if (!wasUp || !isAppError(error, "unauthorised")) throw error;
          await sleepUntilAborted(patience.refusedMs, signal);
        }
      }
    },

    async send(message, attempt) {
      const { sentParts, signal } = attempt;
      if (sentParts.length > 0) return sentParts;
      const { to, answered } = pickRecipient(message, await threads.read(message.address.chat));
      const mail = formatMail(message, { address: options.address, name: options.name }, to, answered);
      const raw = await composeMail(mail, message.attachments, context.files, new Date(now()), options.maxMessageBytes);
      await sendSmtp(options.smtp, await trust(), { from: options.address, to }, raw, signal);
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
      const client = await connect(signal);
      try {
        return await withTimeout(
          findSent(client, options.sentMailbox, messageId),
          30_000,
          "the search in the Sent mailbox",
        );
      } finally {
        client.close();
      }
    },

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
