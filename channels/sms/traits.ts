import type { ChannelTraits } from "../../src/core/channel.ts";

export const traits = {
  threads: false,
  buttons: false,
  edits: false,
  files: true,
  reactions: false,
  typing: false,
  commands: false,
  revisions: false,
  direct: true,
  catchesUp: true,
  // Twilio does not call again, but keeps the message: we look it up.
  redelivers: true,
  // Of one message: https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource
  maxTextLength: 1_600,
  reconciles: "probe",
  sendsFrom: "anywhere",
} as const satisfies ChannelTraits;
