import type { CallDecision } from "../agent/loop.ts";
import type { ApprovalRecord } from "../core/store.ts";
import { decideToolCall } from "../safety/policy.ts";

type PolicyQuestion = Parameters<typeof decideToolCall>[0];

/** A person's answer outranks the policy's question, never its refusal. */
export function decideCall(approval: ApprovalRecord | undefined, question: PolicyQuestion): CallDecision {
  const decision = decideToolCall(question);
  if (decision.verdict !== "ask")
    return decision.verdict === "allow" ? { verdict: "allow" } : { verdict: "deny", reason: decision.reason };
  switch (approval?.state) {
    case "approved":
    case "edited":
      return { verdict: "allow" };
    case "denied":
      return { verdict: "deny", reason: "A person was asked and said no. Do not try it another way." };
    case "expired":
      return { verdict: "deny", reason: "A person was asked and did not answer in time; it was not done." };
    case "undeliverable":
      return { verdict: "deny", reason: "This needs a person's approval, and nobody could be asked; it was not done." };
    default:
      return { verdict: "ask", reason: decision.reason };
  }
}
