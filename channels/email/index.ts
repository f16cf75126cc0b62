import type { ImapFlow } from "imapflow";
import type { Channel, ChannelContext, SendContext } from "../../src/core/channel.ts";
import { AppError, isAppError } from "../../src/core/errors.ts";
import type { OutboundMessage } from "../../src/core/message.ts";
import { keepForLater } from "../_shared/alarm.ts";
import { createBegun, notedHint } from "../_shared/begun.ts";
import { createLanes } from "../_shared/lanes.ts";
import { runWithReconnect, type Patience as RefusedPatience } from "../_shared/reconnect.ts";
import { createTrust } from "./certificates.ts";
import { checkSmtp } from "./check-smtp.ts";
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
import { createSendingLogin } from "./sending-login.ts";
import { createSentWatch } from "./sent-watch.ts";
import { sendSmtp } from "./smtp.ts";
import { createThreads } from "./threads.ts";
import { withTimeout } from "./timeout.ts";
import { traits } from "./traits.ts";
import { useImap } from "./use-imap.ts";

export { optionsSchema, type EmailOptions } from "./config.ts";

interface Patience extends RefusedPatience {
  readonly pollMs?: number;
}

/** A mail account: IMAP in, SMTP out. A mail is one part; its platform id is its Message-ID without brackets. */
export function createChannel(
  context: ChannelContext<EmailOptions>,
  { pollMs = 20_000, ...refused }: Patience = {},
): Channel {
  const { options, name, log, now } = context;
  const threads = createThreads(context.state);
  const sent = createSentWatch(context, threads);
  const lanes = createLanes();
  const begun = createBegun(context.state);
  const trust = createTrust(options.ca);
  const login = createSendingLogin({
    check: async () => checkSmtp(options.smtp, await trust()),
    refusedMs: refused.refusedMs,
  });
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

  /** Without its last byte no server takes a mail, so it has begun when that is about to leave. */
  async function handOver(message: OutboundMessage, to: string, raw: Buffer, attempt: SendContext): Promise<void> {
    const envelope = { from: options.address, to };
    let hasBegun = false;
    const begin = async (): Promise<void> => {
      await begun.begin(message, attempt, 1);
      hasBegun = true;
    };
    try {
      await sendSmtp(options.smtp, await trust(), envelope, raw, attempt.signal, begin);
    } catch (error) {
      // Left as it is, the note only has us ask where we could know.
      if (hasBegun && !isAppError(error, "send-uncertain")) await begun.takeBack(message, 0);
      throw error;
    }
  }

  return {
    traits,

    async start(sink, signal) {
      const onClient = (client: ImapFlow | undefined): void => {
        live = client;
      };
      const joined = login.join(sink);
      const watch = { channel: context, threads, sink: joined, sent, pollMs, connect, onClient };
      const end = new AbortController();
      const watching = login.watch(AbortSignal.any([signal, end.signal]));
      try {
        const connectOnce = (connected: AbortSignal, up: () => void): Promise<void> =>
          watchMailbox(watch, connected, up);
        await runWithReconnect(connectOnce, { ...refused, signal, sink: joined });
      } finally {
        end.abort();
        await watching;
      }
    },

    send: keepForLater(async (message: OutboundMessage, attempt: SendContext) => {
      const { sentParts } = attempt;
      if (sentParts.length > 0) return sentParts;
      const mail = await formatOutgoing(message);
      const raw = await composeOutgoing(mail, message);
      await login.learn(() => handOver(message, mail.to, raw, attempt));
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
    }),

    reconcileHint: () => notedHint,

    async reconcile(message, attempt) {
      const { sentParts, signal } = attempt;
      const messageId = sentParts[0] ?? formatMessageId(message.id, message.address.chat, options.address);
      if (sentParts.length > 0) return { state: "arrived", platformId: messageId };
      if (await begun.isCertain(message, attempt)) return { state: "absent" };
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
