import type { ChannelTraits } from "../../src/core/channel.ts";

export const traits = {
  threads: true,
  buttons: true,
  edits: true,
  files: true,
  reactions: true,
  typing: true,
  // The menu of commands is part of the app's manifest: README.md has it, and no call changes it.
  commands: false,
  revisions: true,
  direct: true,
  // Bots have no history, and Teams does not keep what it could not deliver.
  catchesUp: false,
  // What is not answered in 15 s, or answered with certain failures, is sent again, a few times at most.
  redelivers: true,
  // 60 calls in 30 s in one conversation: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit
  streamsEveryMs: 1_500,
  // A message may take 28 KB of UTF-16 on the oldest limit that is documented, its JSON and its marks included.
  maxTextLength: 8_000,
  // No id of ours goes with a message, and none can be looked up.
  reconciles: "none",
  sendsFrom: "anywhere",
} as const satisfies ChannelTraits;
