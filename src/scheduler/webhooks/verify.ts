import type { WebhookKind } from "../../core/workflow-trigger.ts";
import { proveAlertmanager } from "./alertmanager.ts";
import { proveGithub } from "./github.ts";
import { proveGitlab } from "./gitlab.ts";
import { proveGrafana } from "./grafana.ts";
import { pickEvent } from "./pick-event.ts";
import { proveBearer, proveHmac } from "./plain.ts";
import { type Claim, hashOf, type Proof, type RefusalReason } from "./proof.ts";
import { proveStripe } from "./stripe.ts";

export interface Delivery extends Claim {
  readonly kind: WebhookKind;
}

export type Verdict =
  | {
      readonly ok: true;
      /** The same when a delivery is sent again, by the sender or by somebody who recorded it: take each once. */
      readonly deliveryId: string;
      readonly event: string;
      /** What the body says; of senders that need not write JSON, the text where it is none. */
      readonly payload: unknown;
    }
  | { readonly ok: false; readonly reason: RefusalReason };

const proofs: Readonly<Record<WebhookKind, (claim: Claim) => Proof>> = {
  github: proveGithub,
  gitlab: proveGitlab,
  stripe: proveStripe,
  alertmanager: proveAlertmanager,
  grafana: proveGrafana,
  hmac: proveHmac,
  bearer: proveBearer,
};

/**
 * Is the delivery what its sender wrote, and new? Nothing of the body is read before the proof is found to be right.
 * Never throws. The caller limits the body's length before, and remembers the ids after: not all senders sign the time.
 */
export function verifyWebhook({ kind, ...claim }: Delivery): Verdict {
  if (claim.secret === "") return { ok: false, reason: "no-secret" };
  const proof = proofs[kind](claim);
  if (!proof.ok) return proof;
  const text = parseText(claim);
  const payload = text === undefined ? undefined : parsePayload(kind, text);
  if (payload === undefined) return { ok: false, reason: "malformed" };
  return {
    ok: true,
    deliveryId: `${kind}:${hashOf(proof.mark)}`,
    event: pickEvent(kind, claim.headers, payload),
    payload,
  };
}

/** GitHub can be told to send its JSON as a form. */
function parseText({ headers, body }: Claim): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(body);
    const isForm = headers.get("content-type")?.toLowerCase().startsWith("application/x-www-form-urlencoded") ?? false;
    return isForm ? (new URLSearchParams(text).get("payload") ?? text) : text;
  } catch {
    return undefined;
  }
}

function parsePayload(kind: WebhookKind, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return kind === "hmac" || kind === "bearer" ? text : undefined;
  }
}
