import type { Attachment, InboundMessage } from "../../src/core/message.ts";
import type { TwilioInbound } from "../_shared/twilio-inbound.ts";
import { parseContent } from "./parse-content.ts";

export interface TwilioParseContext {
  readonly channel: string;
  readonly command?: string | undefined;
  readonly attachments?: readonly Attachment[];
  readonly remarks?: readonly string[];
}

/** The chat behind Twilio's "whatsapp:+15551234567": the same digits that the Cloud API has. */
export function parseChat(from: string): string {
  return from.replace(/^whatsapp:/, "").replace(/^\+/, "");
}

export function formatTwilioNumber(chat: string): string {
  return /^\d+$/.test(chat) ? `whatsapp:+${chat}` : `whatsapp:${chat}`;
}

/** A WhatsApp message as Twilio tells it. Looked-up ones have no name, place, quote or button. */
export function parseTwilioMessage(
  inbound: TwilioInbound,
  { channel, command, attachments = [], remarks = [] }: TwilioParseContext,
): InboundMessage {
  const { params } = inbound;
  const chat = parseChat(inbound.from);
  const words = command ?? readWords(inbound);
  const isCommand = command !== undefined || /^\/[a-z]/i.test(words);
  const replyToId = params["OriginalRepliedMessageSid"];
  return {
    id: inbound.sid,
    address: { channel, chat },
    sender: { id: `${channel}:${chat}`, name: params["ProfileName"]?.trim() || chat, isBot: false },
    text: [words, ...remarks].filter((text) => text !== "").join("\n\n"),
    attachments,
    ...(replyToId === undefined || replyToId === "" ? {} : { replyToId }),
    isAddressed: true,
    isGroup: false,
    sentAt: inbound.sentAt,
    kind: isCommand ? "command" : "message",
  };
}

function readWords({ body, params }: TwilioInbound): string {
  const pressed = params["ButtonPayload"] ?? params["ListId"];
  if (pressed?.startsWith("/") === true) return pressed;
  const { Latitude: latitude, Longitude: longitude, Label: name, Address: address } = params;
  if (latitude === undefined || longitude === undefined) return body;
  const place = {
    latitude: Number(latitude),
    longitude: Number(longitude),
    ...(name === undefined ? {} : { name }),
    ...(address === undefined ? {} : { address }),
  };
  const { text } = parseContent({ type: "location", location: place }) ?? { text: "" };
  return [body, text].filter((each) => each !== "").join("\n");
}
