/** A delivery as it came in; its body is not read before its proof is found right. */
export interface HookDelivery {
  readonly headers: { get(name: string): string | null };
  readonly body: Uint8Array;
}

export type HookOutcome =
  /** Nobody is told why: a name that is not there looks like a wrong signature. */
  | { readonly kind: "refused" }
  /** It began a run. */
  | { readonly kind: "started"; readonly runId: string }
  /** It began one before. */
  | { readonly kind: "known"; readonly runId: string }
  /** The workflow does not want it: its `when` is false, or cannot be judged. */
  | { readonly kind: "ignored"; readonly problem?: string };

/** Takes deliveries to /hooks/workflows/<name>. Throws AppError "bad-input" where the mapped inputs are not right. */
export type TakeHook = (workflow: string, delivery: HookDelivery) => Promise<HookOutcome>;
