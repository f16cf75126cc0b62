import type { ChannelTraits } from "../../src/core/channel.ts";

export const traits = {
  threads: true,
  buttons: true,
  edits: true,
  files: true,
  reactions: true,
  typing: true,
  commands: true,
  // Edits only: Telegram tells bots of no deletion.
  revisions: true,
  direct: true,
  catchesUp: true,
  redelivers: true,
  // About one message a second in a chat: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
  streamsEveryMs: 1_500,
  // Counted after the tags are taken off: https://core.telegram.org/bots/api#sendmessage
  maxTextLength: 4_096,
  reconciles: "probe",
  sendsFrom: "anywhere",
} as const satisfies ChannelTraits;
