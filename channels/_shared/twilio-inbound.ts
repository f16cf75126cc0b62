import { listMedia, messageTime, type TwilioMedia, type TwilioMessage } from "./twilio-messages.ts";
import type { TwilioAccount } from "./twilio-api.ts";

/** A message to us, told by a call or looked up. */
export interface TwilioInbound {
  readonly sid: string;
  readonly from: string;
  readonly to: string;
  readonly body: string;
  /** Epoch milliseconds. */
  readonly sentAt: number;
  readonly media: readonly TwilioMedia[];
  /** Every field of the call; empty when it was looked up, because the REST API does not keep them. */
  readonly params: Readonly<Record<string, string>>;
}

/**
 * The message in a call: https://www.twilio.com/docs/messaging/guides/webhook-request. Undefined when it is none.
 * Calls hold no time, so the caller says when it came.
 */
export function parseInbound(params: Readonly<Record<string, string>>, now: number): TwilioInbound | undefined {
  const { MessageSid: sid, From: from, To: to, Body: body = "" } = params;
  if (sid === undefined || from === undefined || to === undefined) return undefined;
  const count = Math.min(Number(params["NumMedia"] ?? 0) || 0, 10);
  const media = Array.from({ length: count }, (_, index) => ({
    url: params[`MediaUrl${index}`] ?? "",
    contentType: params[`MediaContentType${index}`] ?? "application/octet-stream",
  })).filter(({ url }) => url !== "");
  return { sid, from, to, body, sentAt: now, media, params };
}

/** A message that was looked up, with the addresses of its files. Throws AppError. */
export async function loadInbound(
  account: TwilioAccount,
  message: TwilioMessage,
  signal: AbortSignal,
): Promise<TwilioInbound> {
  return {
    sid: message.sid,
    from: message.from ?? "",
    to: message.to,
    body: message.body ?? "",
    sentAt: messageTime(message),
    media: await listMedia(account, message, signal),
    params: {},
  };
}
