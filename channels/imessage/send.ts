import type { ChannelContext, SendContext } from "../../src/core/channel.ts";
import { AppError } from "../../src/core/errors.ts";
import type { OutboundMessage } from "../../src/core/message.ts";
import type { NumberedChoices } from "../_shared/numbered-choices.ts";
import type { OwnSends } from "../_shared/own-sends.ts";
import type { IMessageOptions } from "./config.ts";
import { describePart, formatPartKey, formatParts, type Part } from "./parts.ts";
import type { SentLog } from "./sent-log.ts";

export interface SendParts {
  readonly context: ChannelContext<IMessageOptions>;
  readonly choices: NumberedChoices;
  readonly sentLog: SentLog;
  readonly ownSends: OwnSends;
  /** Sends one part and resolves with the GUID it has got. Throws what `Channel.send` throws. */
  readonly sendPart: (message: OutboundMessage, part: Part, index: number, signal: AbortSignal) => Promise<string>;
}

/** `Channel.send`, whatever carries the parts. */
export function createSend({
  context,
  choices,
  sentLog,
  ownSends,
  sendPart,
}: SendParts): (message: OutboundMessage, delivery: SendContext) => Promise<readonly string[]> {
  return async (message, delivery) => {
    const { chat } = message.address;
    const parts = formatParts(message, context.options.maxUploadBytes);
    if (parts.length === 0) throw new AppError("send-rejected", "There is nothing to send: no text, no file.");
    const sent = [...delivery.sentParts];
    await choices.close(chat);
    for (const [index, part] of parts.entries()) {
      if (index < sent.length) continue;
      const key = formatPartKey(message.id, index);
      await ownSends.begin(key, chat, describePart(part));
      const guid = await sendPart(message, part, index, delivery.signal);
      sent.push(guid);
      const isLast = index === parts.length - 1;
      const notes = await sentLog.prepareNote({ guid, outboundId: message.id, isLast });
      await delivery.recordPart(guid, { ...notes, ...(await ownSends.prepareEnd(key)) });
    }
    await choices.open(chat, message.choices ?? []);
    return sent;
  };
}
