import type { ApprovalRecord, PersonRecord } from "../../core/store.ts";

export type GateDecision =
  | { readonly verdict: "wait" }
  | { readonly verdict: "approved"; readonly by: readonly string[]; readonly isDefault: boolean }
  | {
      readonly verdict: "denied";
      readonly by: readonly string[];
      readonly isDefault: boolean;
      readonly reason: string;
    };

/**
 * What the answers at a gate come to. One "no" closes it; it opens when `needs` different people agreed. When time is
 * over, the default counts; when nobody could be asked, it stays closed, whatever the default says. Pure.
 */
export function decideGate(
  approvals: readonly ApprovalRecord[],
  gate: { readonly needs: number; readonly default: "approve" | "deny"; readonly isTimeOver: boolean },
): GateDecision {
  const answered = (states: readonly ApprovalRecord["state"][]) =>
    approvals.filter(({ state }) => states.includes(state));
  const denied = answered(["denied"]).map(({ answeredBy = "" }) => answeredBy);
  if (denied.length > 0)
    return { verdict: "denied", by: denied, isDefault: false, reason: "A person was asked and said no." };
  const agreed = [...new Set(answered(["approved", "edited"]).map(({ answeredBy = "" }) => answeredBy))];
  if (agreed.length >= gate.needs) return { verdict: "approved", by: agreed, isDefault: false };
  const open = answered(["pending"]).length;
  const expired = answered(["expired"]).length;
  if (open > 0 && !gate.isTimeOver) return { verdict: "wait" };
  if (open + expired === 0)
    return {
      verdict: "denied",
      by: agreed,
      isDefault: false,
      reason:
        answered(["undeliverable"]).length > 0
          ? "This needs a person's approval, and not enough of them could be asked."
          : `This needs ${gate.needs} different people; ${agreed.length} agreed.`,
    };
  return gate.default === "approve"
    ? { verdict: "approved", by: agreed, isDefault: true }
    : { verdict: "denied", by: agreed, isDefault: true, reason: "Nobody answered in time." };
}

/** May this person answer for that approver: a role, or an id? An owner may answer for every role. Pure. */
export function mayAnswerGate(approver: string, person: Pick<PersonRecord, "id" | "role">): boolean {
  if (person.role === "blocked") return false;
  if (approver.includes(":")) return person.id === approver;
  if (approver === "owner") return person.role === "owner";
  if (approver === "admin") return person.role === "owner" || person.role === "admin";
  return approver === "member" && person.role !== "guest";
}
