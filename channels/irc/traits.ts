import type { ChannelTraits } from "../../src/core/channel.ts";

export const traits = {
  threads: false,
  buttons: false,
  edits: false,
  files: false,
  reactions: false,
  typing: false,
  commands: false,
  revisions: false,
  direct: true,
  // Where the server offers draft/chathistory, and in rooms only.
  catchesUp: true,
  redelivers: false,
  // With the default of maxLines.
  maxTextLength: 30_000,
  // Nothing can be looked up; but a burst that had not begun is known as such.
  reconciles: "none",
  sendsFrom: "connection",
} as const satisfies ChannelTraits;
