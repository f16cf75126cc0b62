/** That the owner agreed to be learned from. */
export interface Consent {
  readonly at: number;
  readonly by: string;
}

/** Under which names the store keeps what concerns the owner's manner. */
export const styleFacts = {
  consent: "style.consent",
  profile: "style.profile",
  forgottenAt: "style.forgottenAt",
} as const;
