/** That the owner agreed to be learned from. */
export interface Consent {
  readonly at: number;
  readonly by: string;
}

/** Under which names the store keeps what concerns the owner's manner. */
export const styleFacts = {
  consent: "style.consent",
  profile: "style.profile",
  /** When all was forgotten: older edits teach nothing. */
  forgottenAt: "style.forgottenAt",
  /** When anything was forgotten, of one source or all: what is being learned with it is not kept. */
  takenAwayAt: "style.takenAwayAt",
} as const;
