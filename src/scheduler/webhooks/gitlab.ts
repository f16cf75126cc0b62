import { type Claim, hashOf, isSameText, type Proof, refuse } from "./proof.ts";
import { isStandard, proveStandard } from "./standard.ts";

/**
 * With a signing token GitLab signs by Standard Webhooks; with a secret token it only sends it along. Who has seen the
 * token can write whatever they like: the id of the delivery is as good as the rest, and the same when it is retried.
 * A signature that is there has to be right, whatever token comes with it.
 */
export function proveGitlab(claim: Claim): Proof {
  if (isStandard(claim)) return proveStandard(claim);
  const { secret, headers, body } = claim;
  const given = headers.get("x-gitlab-token");
  if (given === null) return refuse("unsigned");
  if (!isSameText(secret, given)) return refuse("wrong");
  // X-Gitlab-Event-UUID will not do: webhooks that one change sets off share it.
  return { ok: true, mark: headers.get("idempotency-key") ?? hashOf(body) };
}
