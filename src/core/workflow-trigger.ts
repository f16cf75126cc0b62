import type { DeskEvent } from "./cdc.ts";

export type JsonSchema = Readonly<Record<string, unknown>>;

export const webhookKinds = ["github", "gitlab", "stripe", "alertmanager", "grafana", "hmac", "bearer"] as const;
export type WebhookKind = (typeof webhookKinds)[number];

/** What starts a workflow besides a person. What set it off is `trigger` in its expressions. */
export type WorkflowTrigger = CronTrigger | MessageTrigger | WebhookTrigger | EventTrigger;

export interface CronTrigger {
  readonly kind: "cron";
  readonly cron: string;
  /** IANA name; absent: the owner's. */
  readonly timeZone?: string;
  /** What becomes of times that passed while nothing ran. */
  readonly catchUp: "skip" | "once" | "all";
}

export interface MessageTrigger {
  readonly kind: "message";
  /** Regular expression, read without regard to case. */
  readonly pattern: string;
  readonly channel?: string;
  /** Ids of people; absent: everybody who may talk here. */
  readonly people?: readonly string[];
}

export interface WebhookTrigger {
  readonly kind: "webhook";
  readonly verify: WebhookKind;
  /** Name of the secret's environment variable, or `${NAME}`. */
  readonly secret: string;
  /** Expression over `trigger`; a delivery for which it is false starts nothing. */
  readonly when?: string;
  /** Templates over `trigger`, by name of the input. */
  readonly inputs: Readonly<Record<string, unknown>>;
}

export interface EventTrigger {
  readonly kind: "event";
  readonly event: DeskEvent["kind"];
  readonly when?: string;
}
