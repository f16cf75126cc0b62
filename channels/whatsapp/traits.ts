import type { ChannelTraits } from "../../src/core/channel.ts";

/** Of the Cloud API. */
export const traits = {
  threads: false,
  buttons: true,
  edits: false,
  files: true,
  reactions: true,
  typing: true,
  commands: true,
  // Only of numbers that are used with the WhatsApp Business app, too ("coexistence").
  revisions: true,
  direct: true,
  catchesUp: true,
  redelivers: true,
  // https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/text-messages
  maxTextLength: 4_096,
  reconciles: "none",
  sendsFrom: "anywhere",
} as const satisfies ChannelTraits;

/** Of a WhatsApp sender at Twilio: no buttons outside approved templates, but its list of messages can be asked. */
export const twilioTraits = {
  ...traits,
  buttons: false,
  reactions: false,
  typing: false,
  commands: false,
  revisions: false,
  maxTextLength: 1_600,
  reconciles: "probe",
} as const satisfies ChannelTraits;
