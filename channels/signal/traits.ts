import type { ChannelTraits } from "../../src/core/channel.ts";

export const traits = {
  threads: false,
  buttons: false,
  // Ten for a message, within a day: enough for a card, not for a reply that grows. So there is no streamsEveryMs.
  edits: true,
  files: true,
  reactions: true,
  typing: true,
  commands: false,
  revisions: true,
  direct: true,
  // By Signal's server or by the daemon, depending on how it was started: README.md says how.
  catchesUp: true,
  redelivers: true,
  // What clients show at once; longer texts travel as a file and are hidden behind "Read more".
  maxTextLength: 2_000,
  // Signal has no history to look into, and each send is a new message.
  reconciles: "none",
  sendsFrom: "anywhere",
} as const satisfies ChannelTraits;
