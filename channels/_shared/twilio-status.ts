import type { DeliveryReport } from "../../src/core/channel.ts";
import { describeTwilioCode } from "./twilio-errors.ts";

/** Whose part a status is about. */
export interface PartName {
  readonly outboundId: string;
  readonly part: number;
  /** How many parts the message has. */
  readonly of: number;
}

/** Where Twilio shall tell what becomes of a part: our hook, with our id in it. The signature covers it. */
export function formatStatusUrl(hookUrl: string, { outboundId, part, of }: PartName): string {
  const url = new URL(hookUrl);
  url.searchParams.set("outbound", outboundId);
  url.searchParams.set("part", String(part));
  url.searchParams.set("of", String(of));
  return url.href;
}

/**
 * What a status call says: https://www.twilio.com/docs/messaging/guides/track-outbound-message-status. A failed part
 * fails the message; it has arrived when its last part has. Undefined for what is on its way.
 */
export function parseStatus(
  params: Readonly<Record<string, string>>,
  query: URLSearchParams,
): DeliveryReport | undefined {
  const outboundId = query.get("outbound");
  const status = params["MessageStatus"] ?? params["SmsStatus"];
  if (outboundId === null || outboundId === "") return undefined;
  if (status === "failed" || status === "undelivered" || status === "canceled") {
    const code = Number(params["ErrorCode"] ?? Number.NaN);
    const reason = describeTwilioCode(Number.isSafeInteger(code) ? code : undefined) ?? "Twilio gives no reason";
    return { outboundId, state: "failed", reason };
  }
  const isLast = Number(query.get("part") ?? 0) + 1 >= Number(query.get("of") ?? 1);
  if (!isLast || (status !== "delivered" && status !== "read")) return undefined;
  return { outboundId, state: status };
}
