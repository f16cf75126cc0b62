import type { WebhookKind } from "../../core/workflow-trigger.ts";
import type { RequestHeaders } from "./proof.ts";

/**
 * What a delivery is about: "github.push", "github.pull_request.opened", "gitlab.merge_request.open",
 * "stripe.invoice.paid", "alertmanager.firing", "hmac.door.opened". Only lower-case letters, digits, dots, dashes and
 * underscores, at most 100: it may be logged and matched. Where the sender does not say, it is "<kind>.received".
 */
export function pickEvent(kind: WebhookKind, headers: RequestHeaders, json: unknown): string {
  const names = listNames(kind, headers, json).map(toName);
  return [kind, ...(names[0] ? names : ["received"]).filter((name) => name !== "")].join(".").slice(0, 100);
}

function listNames(kind: WebhookKind, headers: RequestHeaders, json: unknown): readonly unknown[] {
  switch (kind) {
    case "github":
      return [headers.get("x-github-event"), read(json, "action")];
    case "gitlab":
      return [
        // Of system hooks and of some others there is only the one or the other.
        read(json, "object_kind") ?? read(json, "event_name") ?? headers.get("x-gitlab-event")?.replace(/ Hook$/, ""),
        read(read(json, "object_attributes"), "action"),
      ];
    case "stripe":
      return [read(json, "type")];
    case "alertmanager":
    case "grafana":
      return [read(json, "status")];
    case "hmac":
    case "bearer":
      return [read(json, "type") ?? read(json, "event")];
  }
}

function read(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
}

function toName(value: unknown): string {
  if (typeof value !== "string") return "";
  const plain = value
    .slice(0, 100)
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, "_");
  return plain.replaceAll(/\.{2,}/g, ".").replaceAll(/^[._-]+|[._-]+$/g, "");
}
