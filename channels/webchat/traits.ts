import type { ChannelTraits } from "../../src/core/channel.ts";

export const traits = {
  threads: false,
  buttons: true,
  edits: true,
  files: true,
  reactions: false,
  typing: true,
  commands: false,
  revisions: false,
  direct: true,
  // The page sends again what was not acknowledged.
  catchesUp: true,
  redelivers: true,
  maxTextLength: Number.POSITIVE_INFINITY,
  // Sending is pushing an entry that the transcript holds anyway; pages keep entries by id.
  reconciles: "idempotent",
  sendsFrom: "connection",
} as const satisfies ChannelTraits;
