/** What was found out about one thing. */
export interface Finding {
  readonly name: string;
  readonly state: "ok" | "warning" | "broken" | "skipped";
  /** Plain text; further lines say more. */
  readonly detail: string;
  /** What to do about it. */
  readonly hint?: string;
}
