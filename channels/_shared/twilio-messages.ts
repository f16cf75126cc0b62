import type { MessageInstance } from "twilio/lib/rest/api/v2010/account/message.js";
import { callTwilio, type TwilioAccount } from "./twilio-api.ts";

/** A message as the REST API shows it: https://www.twilio.com/docs/messaging/api/message-resource */
export interface TwilioMessage {
  readonly sid: string;
  readonly from: string | null;
  readonly to: string;
  readonly body: string | null;
  readonly direction: MessageInstance["direction"];
  readonly status: MessageInstance["status"];
  readonly messaging_service_sid: string | null;
  readonly num_media: string;
  readonly num_segments: string;
  readonly error_code: number | null;
  /** RFC 2822, to the second. */
  readonly date_created: string | null;
  readonly date_sent: string | null;
}

export interface TwilioMedia {
  readonly url: string;
  readonly contentType: string;
}

const pageSize = 100;

export interface ListOptions {
  /** Only of this number. */
  readonly to?: string;
  /** Epoch milliseconds; older ones are left out. */
  readonly since: number;
  /** More pages of 100 than this are not read. */
  readonly maxPages: number;
  readonly signal: AbortSignal;
}

/**
 * Messages from `since` on, oldest first, and whether there were more than could be read. Twilio's filter by date
 * leaves out what has not been sent yet, so the pages are read newest first until they are too old.
 */
export async function listMessages(
  account: TwilioAccount,
  { to, since, maxPages, signal }: ListOptions,
): Promise<{ readonly messages: readonly TwilioMessage[]; readonly isCut: boolean }> {
  const query = new URLSearchParams({ ...(to === undefined ? {} : { To: to }), PageSize: String(pageSize) });
  let path: string | undefined = `/Messages.json?${query.toString()}`;
  const found: TwilioMessage[] = [];
  for (let page = 0; path !== undefined; page += 1) {
    if (page >= maxPages) return { messages: found.toReversed(), isCut: true };
    const body = (await callTwilio(account, path, { effect: "read", signal })) as {
      messages?: readonly TwilioMessage[];
      next_page_uri?: string | null;
    };
    const messages = body.messages ?? [];
    found.push(...messages.filter((each) => (to === undefined || each.to === to) && messageTime(each) >= since));
    const oldest = messages.at(-1);
    const isEnd = oldest === undefined || messageTime(oldest) < since;
    path = isEnd ? undefined : (body.next_page_uri ?? undefined);
  }
  return { messages: found.toReversed(), isCut: false };
}

/** When it was made, in epoch milliseconds; 0 when Twilio does not say. */
export function messageTime({ date_created: created, date_sent: sent }: TwilioMessage): number {
  return Date.parse(created ?? sent ?? "") || 0;
}

/** The files of a message that was looked up. */
export async function listMedia(
  account: TwilioAccount,
  message: TwilioMessage,
  signal: AbortSignal,
): Promise<readonly TwilioMedia[]> {
  if (!(Number(message.num_media) > 0)) return [];
  const body = (await callTwilio(account, `/Messages/${message.sid}/Media.json`, { effect: "read", signal })) as {
    media_list?: readonly { uri: string; content_type: string }[];
  };
  const root = account.apiUrl.replace(/\/+$/, "");
  return (body.media_list ?? []).map(({ uri, content_type: contentType }) => ({
    url: uri.startsWith("/") ? root + uri.replace(/\.json$/, "") : uri,
    contentType,
  }));
}
