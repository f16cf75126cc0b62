import type { ChannelTraits } from "../../src/core/channel.ts";

export const traits = {
  threads: true,
  buttons: false,
  edits: true,
  files: true,
  reactions: true,
  typing: true,
  commands: false,
  revisions: true,
  direct: true,
  catchesUp: true,
  redelivers: true,
  // Synapse allows ten messages at once and then one in five seconds, unless its operator allows bots more.
  streamsEveryMs: 2_000,
  // An event may have 64 KiB, encrypted and with its HTML; format.ts cuts earlier where a text needs more bytes.
  maxTextLength: 12_000,
  reconciles: "idempotent",
  // The keys of encrypted rooms are with the process that runs the channel.
  sendsFrom: "connection",
} as const satisfies ChannelTraits;
