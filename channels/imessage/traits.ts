import type { ChannelTraits } from "../../src/core/channel.ts";

/** Of a BlueBubbles server with the Private API. */
export const traits = {
  threads: false,
  buttons: false,
  // Five for a message, within a quarter of an hour: enough for a card, not for a reply that grows.
  edits: true,
  files: true,
  reactions: true,
  typing: true,
  commands: false,
  revisions: true,
  direct: true,
  catchesUp: true,
  // BlueBubbles does not call again, but has every message: we look it up.
  redelivers: true,
  // iMessage names no limit; longer bubbles are hard to read on a phone.
  maxTextLength: 4_000,
  reconciles: "probe",
  sendsFrom: "anywhere",
} as const satisfies ChannelTraits;

/** Without the Private API a Mac can only send texts and files. */
export const plainTraits = {
  ...traits,
  edits: false,
  reactions: false,
  typing: false,
} as const satisfies ChannelTraits;
