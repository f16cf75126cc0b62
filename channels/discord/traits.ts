import type { ChannelTraits } from "../../src/core/channel.ts";

export const traits = {
  threads: true,
  buttons: true,
  edits: true,
  files: true,
  reactions: true,
  typing: true,
  commands: true,
  revisions: true,
  direct: true,
  catchesUp: true,
  // A session is resumed behind the last event that was stored; when it is gone, history is read.
  redelivers: true,
  // Five edits in five seconds in a channel.
  streamsEveryMs: 1_200,
  // https://docs.discord.com/developers/resources/message#create-message
  maxTextLength: 2_000,
  // Nonces are checked for "the past few minutes" only, so history is asked as well.
  reconciles: "probe",
  sendsFrom: "anywhere",
} as const satisfies ChannelTraits;
