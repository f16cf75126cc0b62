import { decideResponse } from "../cdc/decide.ts";
import type { ReceiveOutcome } from "../core/channel.ts";
import { createCode } from "../core/id.ts";
import type { Logger } from "../core/log.ts";
import { conversationId, type InboundMessage, type OutboundMessage } from "../core/message.ts";
import { say } from "../core/say.ts";
import type { WakeQueue } from "../core/queue.ts";
import type { Role, Store, StoreTransaction } from "../core/store.ts";
import { cleanInboundText } from "../safety/text.ts";
import { decideAccess } from "./access.ts";
import type { ChannelPolicy } from "./policy.ts";
import { isRevision } from "./revise.ts";

const pairingMs = 3_600_000;

export interface ReceiveDeps {
  readonly store: Store;
  readonly queue: WakeQueue;
  readonly log: Logger;
  readonly now: () => number;
  readonly debounceMs: () => number;
  readonly ownerIds: () => readonly string[];
  /** Undefined: the channel was taken out of the configuration a moment ago. */
  readonly policy: (channel: string) => ChannelPolicy | undefined;
  /** /stop, /approve and /deny do not wait behind a busy turn; undefined: an ordinary message. */
  readonly pickUrgent: (message: InboundMessage, role: Role) => UrgentAction | undefined;
  /** What a reaction says as a command; undefined: nothing to us. */
  readonly readReaction: (message: InboundMessage) => Promise<string | undefined>;
  /** Tells a turn that runs in this process that more mail for us came. */
  readonly onMail: (conversation: string, policy: ChannelPolicy) => void;
  /** Tells it that somebody changed or took back a message. */
  readonly onRevision: (conversation: string) => void;
  /** Sends rows that were just committed, not yet claimed. */
  readonly onOutbox: (messages: readonly OutboundMessage[]) => void;
}

/** Something done in the receiving transaction itself. `after` runs once it is committed. */
export interface UrgentAction {
  readonly kind: string;
  /** Reads what it needs to know; what it gives back then runs in the transaction. */
  prepare(): Promise<(transaction: StoreTransaction) => Promise<UrgentEffect>>;
}

export interface UrgentEffect {
  readonly replies: readonly OutboundMessage[];
  readonly after?: () => void;
}

/**
 * The front door. One message in: own, repeated or refused ones end here; all others are committed (inbox row and
 * audit row in one transaction) before this resolves, and only then may the adapter acknowledge the platform.
 * Rejects when nothing was stored.
 */
export function createReceiver(deps: ReceiveDeps): (message: InboundMessage) => Promise<ReceiveOutcome> {
  const { store, now } = deps;

  return async function receive(raw: InboundMessage): Promise<ReceiveOutcome> {
    const policy = deps.policy(raw.address.channel);
    if (policy === undefined || policy.mode === "off") return "ignored";
    const command = raw.kind === "reaction" ? await deps.readReaction(raw) : undefined;
    if (raw.kind === "reaction" && command === undefined) return "ignored";
    const message: InboundMessage = {
      ...raw,
      ...(command === undefined ? {} : { kind: "command" }),
      text: cleanInboundText(command ?? raw.text),
      sender: { ...raw.sender, name: cleanInboundText(raw.sender.name, 200) },
    };
    const access = decideAccess(message, policy, deps.ownerIds(), await store.person(message.sender.id));
    if (access.verdict === "refuse") return refuse(message, access.reason);
    if (access.verdict === "pair") return isRevision(message) ? "ignored" : offerPairing(message);

    const conversation = conversationId(message.address);
    const urgent = mayOrder(message, policy, access.role) ? deps.pickUrgent(message, access.role) : undefined;
    if (urgent !== undefined) return runUrgent(message, conversation, urgent);

    const isNew = await store.write(async (transaction) => {
      if (!(await transaction.addInbox(message, conversation, "new"))) return false;
      await transaction.audit(
        {
          kind: "message.received",
          actor: message.sender.id,
          subject: conversation,
          details: { id: message.id, role: access.role },
        },
        now(),
      );
      return true;
    });
    if (!isNew) return "duplicate";
    // What nobody said to us neither interrupts nor steers.
    if (isRevision(message)) deps.onRevision(conversation);
    else if (decideResponse(message, policy.mode).action === "answer") deps.onMail(conversation, policy);
    const delayMs = deps.debounceMs();
    // A bell that is not heard is rung again by the sweeper: the mail itself is safe.
    deps.queue
      .wake(conversation, delayMs > 0 ? { delayMs } : {})
      .catch((error: unknown) =>
        deps.log.warn({ error: String(error) }, "The queue was not reached; the sweeper will ring."),
      );
    return "accepted";
  };

  /** In the owner's own account only the owner and admins know of a bot that takes orders. */
  function mayOrder(message: InboundMessage, policy: ChannelPolicy, role: Role): boolean {
    // What the account says itself with another program is meant for the others there.
    if (policy.mode === "listen" || isRevision(message) || message.isOwn === true) return false;
    return policy.reply === undefined || role === "owner" || role === "admin";
  }

  async function refuse(message: InboundMessage, reason: string): Promise<ReceiveOutcome> {
    const isNew = await store.write(async (transaction) => {
      // Kept without its text, only to know it again: each message is refused once.
      if (
        !(await transaction.addInbox(
          { ...message, text: "", attachments: [] },
          conversationId(message.address),
          "done",
        ))
      )
        return false;
      await transaction.audit(
        {
          kind: "message.refused",
          actor: message.sender.id,
          subject: conversationId(message.address),
          details: { reason },
        },
        now(),
      );
      return true;
    });
    return isNew ? "refused" : "duplicate";
  }

  async function offerPairing(message: InboundMessage): Promise<ReceiveOutcome> {
    const conversation = conversationId(message.address);
    const replies = await store.write(async (transaction) => {
      if (!(await transaction.addInbox({ ...message, text: "", attachments: [] }, conversation, "done")))
        return undefined;
      const code = createCode(8);
      const isOpen = await transaction.addPairing(
        { code, person: message.sender, address: message.address, expiresAt: now() + pairingMs },
        now(),
      );
      await transaction.audit(
        {
          kind: isOpen ? "pairing.requested" : "message.refused",
          actor: message.sender.id,
          subject: conversation,
          details: {},
        },
        now(),
      );
      if (!isOpen) return [];
      const text = `I don't know you yet. Give this code to my owner, who can let you in with \`/pair ${code}\`. It holds for one hour.`;
      const reply: OutboundMessage = {
        id: `pair-${code}`,
        address: message.address,
        text,
        attachments: [],
        replyToId: message.id,
      };
      await say(transaction, reply, now());
      return [reply];
    });
    if (replies === undefined) return "duplicate";
    deps.onOutbox(replies);
    return "refused";
  }

  async function runUrgent(
    message: InboundMessage,
    conversation: string,
    action: UrgentAction,
  ): Promise<ReceiveOutcome> {
    const run = await action.prepare();
    const done = await store.write(async (transaction) => {
      if (!(await transaction.addInbox(message, conversation, "done"))) return undefined;
      await transaction.audit(
        { kind: action.kind, actor: message.sender.id, subject: conversation, details: { id: message.id } },
        now(),
      );
      const { replies, after } = await run(transaction);
      for (const reply of replies) await say(transaction, reply, now());
      return { replies, after };
    });
    if (done === undefined) return "duplicate";
    done.after?.();
    deps.onOutbox(done.replies);
    return "accepted";
  }
}
