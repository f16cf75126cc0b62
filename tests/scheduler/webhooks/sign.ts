import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";

/*
 * Each sender's own scheme, written from its documentation and not from our code: what arrives when they sign.
 */

export const secret = "a-secret-of-the-tests";
/** As GitLab and other senders of Standard Webhooks hand it out: base64 of the key. */
export const standardSecret = `whsec_${Buffer.from("0123456789abcdef0123456789abcdef").toString("base64")}`;

export interface Delivery {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export function readFixture(name: string): Uint8Array {
  return readFileSync(new URL(`../../fixtures/webhooks/${name}.json`, import.meta.url));
}

function hmac(
  key: string | Uint8Array,
  encoding: "hex" | "base64",
  ...parts: ReadonlyArray<string | Uint8Array>
): string {
  const mac = createHmac("sha256", key);
  for (const part of parts) mac.update(part);
  return mac.digest(encoding);
}

export function sendGithub(body = readFixture("github-pull-request"), event = "pull_request", key = secret): Delivery {
  return {
    headers: {
      "content-type": "application/json",
      "user-agent": "GitHub-Hookshot/044aadd",
      "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
      "x-github-event": event,
      "x-github-hook-id": "292430182",
      "x-hub-signature": "sha1=7d38cdd689735b008b3c702edd92eea23791c5f6",
      "x-hub-signature-256": `sha256=${hmac(key, "hex", body)}`,
    },
    body,
  };
}

export function sendGitlab(body = readFixture("gitlab-merge-request"), key = secret): Delivery {
  return {
    headers: {
      "content-type": "application/json",
      "user-agent": "GitLab/18.0.0",
      "idempotency-key": "f5e5f430-f57b-4e6e-9fac-d9128cd7232f",
      "x-gitlab-event": "Merge Request Hook",
      "x-gitlab-event-uuid": "13792a34-cac6-4fda-95a8-c58e00a3954e",
      "x-gitlab-instance": "https://gitlab.example.org",
      "x-gitlab-token": key,
    },
    body,
  };
}

/** GitLab with a signing token, and everybody else who keeps to Standard Webhooks. */
export function sendStandard(now: number, body = readFixture("gitlab-merge-request"), key = standardSecret): Delivery {
  const id = "msg_f5e5f430";
  const timestamp = String(Math.floor(now / 1000));
  const bytes = Buffer.from(key.replace("whsec_", ""), "base64");
  return {
    headers: {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": timestamp,
      "webhook-signature": `v1,${hmac(bytes, "base64", `${id}.${timestamp}.`, body)}`,
      "x-gitlab-event": "Merge Request Hook",
    },
    body,
  };
}

export function sendStripe(now: number, body = readFixture("stripe-invoice-paid"), key = secret): Delivery {
  const timestamp = Math.floor(now / 1000);
  const signature = hmac(key, "hex", `${timestamp}.`, body);
  return {
    headers: {
      "content-type": "application/json; charset=utf-8",
      "stripe-signature": `t=${timestamp},v1=${signature},v0=${"6".repeat(64)}`,
    },
    body,
  };
}

export function sendAlertmanager(body = readFixture("alertmanager-firing"), key = secret): Delivery {
  return {
    headers: {
      "content-type": "application/json",
      "user-agent": "Alertmanager/0.28.1",
      authorization: `Bearer ${key}`,
    },
    body,
  };
}

/** Grafana signs the time only where a header for it is configured. */
export function sendGrafana(now: number | undefined, body = readFixture("grafana-resolved"), key = secret): Delivery {
  const timestamp = now === undefined ? undefined : String(Math.floor(now / 1000));
  const signed = timestamp === undefined ? [body] : [`${timestamp}:`, body];
  return {
    headers: {
      "content-type": "application/json",
      "user-agent": "Grafana",
      "x-grafana-alerting-signature": hmac(key, "hex", ...signed),
      ...(timestamp === undefined ? {} : { "x-grafana-alerting-timestamp": timestamp }),
    },
    body,
  };
}

export function sendPlain(now: number, body = readFixture("plain"), key = secret): Delivery {
  const timestamp = String(Math.floor(now / 1000));
  return {
    headers: {
      "content-type": "application/json",
      "x-parlance-timestamp": timestamp,
      "x-parlance-signature": `v1=${hmac(key, "hex", `${timestamp}.`, body)}`,
    },
    body,
  };
}

export function sendBearer(body = readFixture("plain"), key = secret): Delivery {
  return { headers: { "content-type": "application/json", authorization: `Bearer ${key}` }, body };
}
