import type { ChannelTraits } from "../../src/core/channel.ts";

export const traits = {
  // A mail thread is the chat itself; there is nothing below it that an address would have to name.
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
  redelivers: true,
  maxTextLength: Number.POSITIVE_INFINITY,
  // By a note before the last byte and the copy in the Sent mailbox; in the milliseconds between nobody can tell.
  reconciles: "probe",
  sendsFrom: "anywhere",
} as const satisfies ChannelTraits;
