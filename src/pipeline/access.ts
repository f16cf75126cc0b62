import type { InboundMessage } from "../core/message.ts";
import type { PersonRecord, Role } from "../core/store.ts";
import type { ChannelPolicy } from "./policy.ts";

export type AccessDecision =
  | { readonly verdict: "allow"; readonly role: Exclude<Role, "blocked"> }
  /** A stranger in a direct chat who may ask to be let in. */
  | { readonly verdict: "pair" }
  | { readonly verdict: "refuse"; readonly reason: string };

/**
 * Decides who may talk to us: default deny. People are known by immutable ids; the owner's ids stand in the
 * configuration, everybody else's role in the store. Where senders can be forged nobody is more than a guest, and
 * nobody is sent a code, because it would go to whoever was named.
 */
export function decideAccess(
  message: Pick<InboundMessage, "sender" | "isGroup" | "isAutomated" | "isOwn">,
  policy: ChannelPolicy,
  ownerIds: readonly string[],
  record: PersonRecord | undefined,
): AccessDecision {
  if (policy.mode === "off") return { verdict: "refuse", reason: "the channel is off" };
  if (record?.role === "blocked") return { verdict: "refuse", reason: "this person is blocked" };
  // The account that we watch wrote it itself: the platform vouches for that, and it gives nobody a right to anything.
  if (message.isOwn === true) return { verdict: "allow", role: "guest" };
  const role = ownerIds.includes(message.sender.id)
    ? "owner"
    : (record?.role ?? (policy.allow.includes(message.sender.id) ? "member" : undefined));
  if (role !== undefined) return { verdict: "allow", role: policy.forgeableSenders ? "guest" : role };
  // A listening channel reads along: what it hears is kept, and answered by nobody.
  if (policy.access === "open" || policy.mode === "listen") return { verdict: "allow", role: "guest" };
  if (
    policy.access === "pairing" &&
    !message.isGroup &&
    !policy.forgeableSenders &&
    message.isAutomated !== true &&
    !message.sender.isBot
  )
    return { verdict: "pair" };
  return { verdict: "refuse", reason: "this person is not known" };
}
