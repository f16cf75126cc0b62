import type { ChannelTraits } from "../../src/core/channel.ts";

export const traits = {
  threads: true,
  buttons: true,
  edits: false,
  files: true,
  reactions: false,
  typing: false,
  commands: false,
  revisions: false,
  direct: false,
  catchesUp: true,
  redelivers: true,
  maxTextLength: Number.POSITIVE_INFINITY,
  reconciles: "idempotent",
  // Without a `replyUrl` only where the caller waits.
  sendsFrom: "anywhere",
} as const satisfies ChannelTraits;
