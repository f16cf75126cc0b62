import { describe, expect, it } from "vitest";
import type { WebhookKind } from "../../../src/core/workflow-trigger.ts";
import { pickEvent } from "../../../src/scheduler/webhooks/pick-event.ts";

describe("the event of a delivery", () => {
  it.each<readonly [WebhookKind, Record<string, string>, unknown, string]>([
    ["github", { "X-GitHub-Event": "push" }, { ref: "refs/heads/main" }, "github.push"],
    ["github", { "X-GitHub-Event": "issues" }, { action: "labeled" }, "github.issues.labeled"],
    ["github", {}, { action: "labeled" }, "github.received"],
    ["gitlab", { "X-Gitlab-Event": "Push Hook" }, { object_kind: "push" }, "gitlab.push"],
    ["gitlab", {}, { object_kind: "issue", object_attributes: { action: "close" } }, "gitlab.issue.close"],
    ["gitlab", { "X-Gitlab-Event": "System Hook" }, { event_name: "project_create" }, "gitlab.project_create"],
    ["gitlab", { "X-Gitlab-Event": "Feature Flag Hook" }, {}, "gitlab.feature_flag"],
    ["stripe", {}, { type: "customer.subscription.deleted" }, "stripe.customer.subscription.deleted"],
    ["alertmanager", {}, { status: "resolved" }, "alertmanager.resolved"],
    ["grafana", {}, { status: "firing" }, "grafana.firing"],
    ["hmac", {}, { event: "Deploy finished!" }, "hmac.deploy_finished"],
    ["bearer", {}, { type: "a" }, "bearer.a"],
    ["bearer", {}, "text", "bearer.received"],
    ["stripe", {}, null, "stripe.received"],
    ["stripe", {}, { type: { toString: "x" } }, "stripe.received"],
    ["hmac", {}, { type: "line\nbreak\u0000 and\u001B[31m" }, "hmac.line_break_and_31m"],
    ["hmac", {}, { type: "x".repeat(500) }, `hmac.${"x".repeat(95)}`],
    ["hmac", {}, { type: "..." }, "hmac.received"],
  ])("%s %o %o is %s", (kind, headers, json, event) => {
    expect(pickEvent(kind, new Headers(headers), json)).toBe(event);
  });
});
