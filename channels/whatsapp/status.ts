import type { DeliveryReport } from "../../src/core/channel.ts";
import { describeGraphCode } from "./graph-errors.ts";
import type { WebhookStatus } from "./payload.ts";

/**
 * What a status says of a message of ours; its opaque data is our outbound id. "sent" says only that WhatsApp has it,
 * which is news where the send was cut off. Undefined for the rest, and for what others sent.
 */
export function parseStatus(status: WebhookStatus, isUncertain: boolean): DeliveryReport | undefined {
  const outboundId = status.biz_opaque_callback_data;
  if (outboundId === undefined || outboundId === "") return undefined;
  switch (status.status) {
    case "failed": {
      const [error] = status.errors ?? [];
      return { outboundId, state: "failed", reason: describeGraphCode(error?.code, error?.title) };
    }
    case "delivered":
      return { outboundId, state: "delivered" };
    case "read":
    case "played":
      return { outboundId, state: "read" };
    case "sent":
      return isUncertain ? { outboundId, state: "delivered" } : undefined;
    default:
      return undefined;
  }
}
