import type { ChannelTraits } from "../../src/core/channel.ts";

export const traits = {
  threads: true,
  buttons: true,
  edits: true,
  files: true,
  reactions: true,
  // "… is thinking" in threads; Slack has no such sign outside them.
  typing: true,
  // One slash command, /parlance, as the app's manifest declares it.
  commands: true,
  revisions: true,
  direct: true,
  catchesUp: true,
  redelivers: true,
  // chat.update is in tier 3, about 50 calls a minute: https://docs.slack.dev/apis/web-api/rate-limits
  streamsEveryMs: 1_300,
  // Slack shows longer ones, but refuses blocks beyond some 13,000 characters of JSON and folds long messages.
  maxTextLength: 4_000,
  reconciles: "probe",
  sendsFrom: "anywhere",
} as const satisfies ChannelTraits;
