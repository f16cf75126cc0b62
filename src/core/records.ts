/* What is written once and read by people: given up, spent, left the machine, judged, decided. */

/** Something worth proving later. Never holds message text or secrets. */
export interface AuditEvent {
  readonly kind: string;
  /** Person id, "system", or "persona:<name>". */
  readonly actor: string;
  /** What it was done to: conversation, outbox id, person. */
  readonly subject: string;
  readonly details?: Readonly<Record<string, string | number | boolean>>;
}

export interface DeadLetter {
  readonly id: string;
  readonly kind: "turn" | "send";
  /** Conversation or outbox id. */
  readonly ref: string;
  readonly reason: string;
  readonly at: number;
  readonly state: "open" | "retried" | "discarded";
}

export interface UsageRecord {
  readonly conversation: string;
  readonly person: string;
  readonly persona: string;
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedTokens: number;
  readonly costMicros: number;
}

export interface EgressRecord {
  readonly url: string;
  readonly address: string;
  readonly outcome: "allowed" | "refused";
  readonly reason: string;
  readonly turnId: string;
}

/** What a person made of something that a persona did. */
export interface PersonaOutcome {
  readonly persona: string;
  /** What was judged: an outbound message, an approval, a draft. A later judgement of the same replaces it. */
  readonly ref: string;
  readonly outcome: "accepted" | "edited" | "rejected";
  /** In the person's words; may be empty. */
  readonly note: string;
  readonly at: number;
}
