/* What the server says of the owner's desk: /openapi.json describes it. Times are milliseconds since 1970. */

export interface Decision {
  readonly id: string;
  readonly conversation: string;
  readonly channel: string;
  readonly senderName: string;
  readonly excerpt: string;
  readonly subject?: string;
  readonly kind: string;
  readonly asks: boolean;
  readonly priority: "low" | "normal" | "high" | "urgent";
  readonly deadline?: string;
  readonly confidence: number;
  readonly action: "reply" | "draft" | "ask-approval" | "escalate" | "follow-up" | "digest" | "ignore";
  readonly reasons: readonly string[];
  readonly correction?: Correction;
  readonly at: number;
}

export type Correction = "asks" | "ignore";

export interface Draft {
  readonly id: string;
  readonly conversation: string;
  readonly channel: string;
  readonly senderName: string;
  readonly question: string;
  readonly subject?: string;
  readonly text: string;
  readonly shownText?: string;
  readonly files: readonly string[];
  readonly reason: string;
  readonly decisionId?: string;
  readonly score?: number;
  readonly snoozedUntil: number;
  readonly expiresAt: number;
  readonly createdAt: number;
}

export interface Approval {
  readonly id: string;
  readonly conversation: string;
  readonly question: string;
  readonly expiresAt: number;
  readonly createdAt: number;
}

export interface Thread {
  readonly conversation: string;
  readonly reason: string;
  readonly theyWroteAt: number;
  readonly latest?: Decision;
}

export interface FollowUp {
  readonly id: string;
  readonly conversation: string;
  readonly kind: "answer" | "reminder" | "promise" | "snooze";
  readonly reason: string;
  readonly dueAt: number;
}

export interface PromiseMade {
  readonly id: string;
  readonly conversation: string;
  readonly madeBy: "owner" | "other";
  readonly person: string;
  readonly text: string;
  readonly due?: string;
}

export interface Digest {
  readonly id: string;
  readonly name: string;
  readonly text: string;
  readonly entries: number;
  readonly at: number;
}

export interface Style {
  readonly status: "unknown" | "learning" | "ready";
  readonly messages: number;
  readonly score?: number;
}

export interface Inbox {
  readonly seq: number;
  readonly drafts: readonly Draft[];
  readonly snoozed: readonly Draft[];
  readonly approvals: readonly Approval[];
  readonly threads: readonly Thread[];
  readonly told: readonly Decision[];
  readonly followUps: readonly FollowUp[];
  readonly promises: readonly PromiseMade[];
  readonly digests: readonly Digest[];
  readonly style: Style;
}

export type DraftAnswer =
  | { readonly kind: "approve"; readonly text: string }
  | { readonly kind: "edit"; readonly text: string }
  | { readonly kind: "reject" }
  | { readonly kind: "snooze"; readonly until: number };
