import type { ChannelContext, SendContext } from "../../src/core/channel.ts";
import { AppError, isAppError } from "../../src/core/errors.ts";
import type { Attachment, OutboundMessage } from "../../src/core/message.ts";
import type { Begun } from "../_shared/begun.ts";
import type { NumberedChoices } from "../_shared/numbered-choices.ts";
import { fileContent, textContent, type OwnSends } from "../_shared/own-sends.ts";
import type { Pauses } from "../_shared/pauses.ts";
import { formatTarget, isGroupChat } from "./chat-id.ts";
import type { SignalOptions } from "./config.ts";
import { formatMessageText, type StyledPart } from "./format.ts";
import type { Identity } from "./identity.ts";
import { formatMessageId, parseMessageId } from "./message-id.ts";
import { formatFileRequest } from "./outgoing-files.ts";
import type { SendResult } from "./refusals.ts";
import { callRpc } from "./rpc.ts";
import type { SentLog } from "./sent-log.ts";

export interface SendParts {
  readonly context: ChannelContext<SignalOptions>;
  readonly identity: (signal: AbortSignal) => Promise<Identity>;
  readonly choices: NumberedChoices;
  readonly pauses: Pauses;
  readonly sentLog: SentLog;
  readonly ownSends: OwnSends;
  readonly begun: Begun;
}

/** What goes out as one Signal message. */
type Part = StyledPart | { readonly attachment: Attachment };

/** Text first, then a message per file; the same in every attempt, so that a later one can go on behind the parts sent. */
export function formatParts(message: OutboundMessage, maxUploadBytes: number): readonly Part[] {
  // Signal takes no empty files.
  const files = message.attachments.filter(({ bytes }) => bytes > 0 && bytes <= maxUploadBytes);
  const unsent = message.attachments
    .filter((file) => !files.includes(file))
    .map(({ name, bytes }) => ({
      text: `(The file ${name} is ${bytes === 0 ? "empty" : "too large"} and cannot be sent by Signal.)`,
      textStyle: [],
    }));
  return [...formatMessageText(message), ...unsent, ...files.map((attachment) => ({ attachment }))];
}

/** `Channel.send` for this account. */
export function createSend({
  context,
  identity,
  choices,
  pauses,
  sentLog,
  ownSends,
  begun,
}: SendParts): (message: OutboundMessage, delivery: SendContext) => Promise<readonly string[]> {
  const { options: api, log } = context;

  async function sendPart(
    message: OutboundMessage,
    part: Part,
    isFirst: boolean,
    signal: AbortSignal,
  ): Promise<number> {
    const { chat } = message.address;
    const base = { ...formatTarget(chat), ...(isFirst ? formatQuote(message.replyToId) : {}) };
    const options = { effect: "send", signal } as const;
    const answer = await callWithPauses(chat, () =>
      "attachment" in part
        ? callRpc<{ timestamp?: number; results?: readonly SendResult[] }>(api, "send", base, {
            ...options,
            timeoutMs: 300_000,
            body: formatFileRequest(api, { ...base, message: "" }, part.attachment, context.files),
          })
        : callRpc<{ timestamp?: number; results?: readonly SendResult[] }>(
            api,
            "send",
            { ...base, message: part.text, ...(part.textStyle.length === 0 ? {} : { textStyle: part.textStyle }) },
            { ...options, timeoutMs: 120_000 },
          ),
    );
    // In a group somebody may be out of reach while the others have it.
    const missed = (answer.results ?? []).filter(({ type }) => type !== undefined && type !== "SUCCESS");
    if (missed.length > 0)
      log.warn(
        { outbound: message.id, why: [...new Set(missed.map(({ type }) => type))] },
        "Not everybody got a message",
      );
    if (answer.timestamp === undefined)
      throw new AppError("send-uncertain", "signal-cli took the message, but named no time for it.");
    return answer.timestamp;
  }

  /** A captcha concerns the whole account, any other limit this chat. */
  async function callWithPauses<T>(chat: string, call: () => Promise<T>): Promise<T> {
    pauses.check("account", chat);
    try {
      return await call();
    } catch (error) {
      if (isAppError(error, "rate-limited"))
        pauses.note(error.hint === undefined ? chat : "account", error.retryAfterMs ?? 0);
      throw error;
    }
  }

  return async (message, delivery) => {
    const { chat } = message.address;
    const parts = formatParts(message, api.maxUploadBytes);
    if (parts.length === 0) throw new AppError("send-rejected", "There is nothing to send: no text, no file.");
    const { aci } = await identity(delivery.signal);
    const sent = [...delivery.sentParts];
    await choices.close(chat);
    for (const part of parts.slice(sent.length)) {
      const isLast = sent.length === parts.length - 1;
      const startedAt = context.now();
      const key = `${message.id}:${sent.length}`;
      await ownSends.begin(key, chat, describePart(part));
      try {
        const counts = { sent: sent.length, with: sent.length + 1 };
        const timestamp = await begun.send(message, delivery, counts, () =>
          sendPart(message, part, counts.sent === 0, delivery.signal),
        );
        const id = formatMessageId({ author: aci, timestamp });
        sent.push(id);
        const notes = await sentLog.prepareNote({ timestamp, outboundId: message.id, chat, isLast });
        await delivery.recordPart(id, { ...notes, ...(await ownSends.prepareEnd(key)) });
      } catch (error) {
        if (isAppError(error, "send-uncertain") && isLast && !isGroupChat(chat))
          await sentLog.noteLost({ outboundId: message.id, chat, from: startedAt, to: context.now() });
        throw error;
      }
    }
    await choices.open(chat, message.choices ?? []);
    return sent;
  };
}

function describePart(part: Part): string {
  return "attachment" in part ? fileContent(part.attachment.name) : textContent(part.text);
}

/** Clients find the quoted message by author and time; its text is shown where they do not have it. */
function formatQuote(replyToId: string | undefined): object {
  const key = replyToId === undefined ? undefined : parseMessageId(replyToId);
  return key === undefined ? {} : { quoteTimestamp: key.timestamp, quoteAuthor: key.author };
}
