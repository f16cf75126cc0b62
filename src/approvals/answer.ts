import type { ApprovalRecord, Role } from "../core/store.ts";

export interface Answer {
  readonly id: string;
  readonly state: "approved" | "denied";
}

/** "ok", or why the answer does not count. */
export type AnswerDecision = "ok" | "not-allowed" | "already-answered" | "expired";

const command = /^\s*\/(approve|deny|reject)(?:@\w+)?\s+`?([\w-]{1,64})`?\s*$/i;

/** Reads "/approve ID", "/deny ID" or "/reject ID" (Telegram's "/approve@name ID" too). Undefined: something else. */
export function parseAnswer(text: string): Answer | undefined {
  const [, verb = "", id] = command.exec(text) ?? [];
  if (id === undefined) return undefined;
  return { id, state: verb.toLowerCase() === "approve" ? "approved" : "denied" };
}

/** Who answers questions about tools. */
export function mayAnswer(role: Role | undefined): boolean {
  return role === "owner" || role === "admin";
}

/**
 * Decides whether this person's answer counts now. Whoever may not answer does not learn whether the question is still
 * open. The store settles a race: `answerApproval` is true for one answer only.
 */
export function decideAnswer(approval: ApprovalRecord, isAllowed: boolean, now: number): AnswerDecision {
  if (!isAllowed) return "not-allowed";
  if (approval.state === "expired") return "expired";
  if (approval.state !== "pending") return "already-answered";
  return now >= approval.expiresAt ? "expired" : "ok";
}

/** What the person who answered is told. */
export function explainRefusal(decision: Exclude<AnswerDecision, "ok">): string {
  switch (decision) {
    case "not-allowed":
      return "Only an owner or admin can answer this.";
    case "already-answered":
      return "This was answered already.";
    case "expired":
      return "This question has expired; nothing was done.";
  }
}
