import type { ChannelContext, SendContext } from "../../src/core/channel.ts";
import { AppError } from "../../src/core/errors.ts";
import type { Attachment, OutboundMessage } from "../../src/core/message.ts";
import type { Pauses } from "./pauses.ts";
import { formatFileUrl } from "./signed-files.ts";
import { askTwilio, type TwilioAnswer } from "./twilio-api.ts";
import type { TwilioLineSettings } from "./twilio-line.ts";
import type { TwilioMessage } from "./twilio-messages.ts";
import { formatStatusUrl } from "./twilio-status.ts";
import { noteSent } from "./twilio-reconcile.ts";

/** What goes out as one message. */
export type TwilioPart =
  | { readonly kind: "text"; readonly body: string }
  | { readonly kind: "file"; readonly attachment: Attachment }
  /** A template of the Content API, and the values of its variables. */
  | { readonly kind: "template"; readonly contentSid: string; readonly variables: Readonly<Record<string, string>> };

export interface TwilioOutbound {
  readonly message: OutboundMessage;
  /** As Twilio writes it, such as "+15551234567" or "whatsapp:+15551234567". */
  readonly to: string;
  readonly parts: readonly TwilioPart[];
}

export type TwilioSendSettings = Pick<TwilioLineSettings, "account" | "from" | "messagingServiceSid" | "hookUrl">;

/** Sends the parts that are not sent yet. Throws what `Channel.send` throws; `onRefused` sees a refusal first. */
export async function sendParts(
  { message, to, parts }: TwilioOutbound,
  delivery: SendContext,
  settings: TwilioSendSettings,
  context: ChannelContext,
  pauses: Pauses,
  onRefused?: (answer: TwilioAnswer & { readonly ok: false }) => Promise<void>,
): Promise<readonly string[]> {
  if (parts.length === 0) throw new AppError("send-rejected", "There is nothing to send: no text, no file.");
  const sent = [...delivery.sentParts];
  for (const [index, part] of parts.entries()) {
    if (index < sent.length) continue;
    const name = { outboundId: message.id, part: index, of: parts.length };
    const form = [
      ["To", to],
      ...formatSender(settings),
      ...formatPart(part, settings, context.now()),
      ...(settings.hookUrl === undefined ? [] : [["StatusCallback", formatStatusUrl(settings.hookUrl, name)]]),
    ] as [string, string][];
    const answer = await pauses.run("account", () =>
      askTwilio(settings.account, "/Messages.json", { effect: "send", form, signal: delivery.signal }),
    );
    if (!answer.ok) {
      await onRefused?.(answer);
      throw answer.error;
    }
    const { sid } = answer.body as TwilioMessage;
    sent.push(sid);
    await delivery.recordPart(sid);
    await noteSent(context.state, message.address.chat, sid);
  }
  return sent;
}

function formatSender({ from, messagingServiceSid }: TwilioSendSettings): [string, string][] {
  return [
    ...(messagingServiceSid === undefined ? [] : [["MessagingServiceSid", messagingServiceSid] as [string, string]]),
    ...(from === undefined ? [] : [["From", from] as [string, string]]),
  ];
}

function formatPart(part: TwilioPart, { account, hookUrl }: TwilioSendSettings, now: number): [string, string][] {
  switch (part.kind) {
    case "text":
      return [["Body", part.body]];
    case "file":
      if (hookUrl === undefined)
        throw new AppError("send-rejected", "A file cannot be sent: Twilio has no address to fetch it from.", {
          hint: "Set http.publicUrl, or webhookUrl of the channel.",
        });
      return [["MediaUrl", formatFileUrl(hookUrl, account.authToken, part.attachment, now)]];
    case "template":
      return [
        ["ContentSid", part.contentSid],
        ["ContentVariables", JSON.stringify(part.variables)],
      ];
  }
}
