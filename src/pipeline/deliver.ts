import type { Channel, ChannelNotes, SendContext } from "../core/channel.ts";
import { approvedPrefix, isApproved } from "../core/approved.ts";
import { AppError, describeError, isAppError } from "../core/errors.ts";
import { createId } from "../core/id.ts";
import type { Logger } from "../core/log.ts";
import { conversationId, type OutboundMessage } from "../core/message.ts";
import type { OutboxClaim, OutboxItem, Store, StoreTransaction } from "../core/store.ts";

const maxAttempts = 12;
const maxBackoffMs = 300_000;
const pumpBatch = 100;
/** Sends in flight at a time, over all channels of this process. */
const maxConcurrent = 64;

export interface DeliverDeps {
  readonly store: Store;
  readonly log: Logger;
  readonly now: () => number;
  /** This process, in leases. */
  readonly owner: string;
  /** How long a claim holds without being renewed; then another process asks what became of the send. */
  readonly claimMs: number;
  /** The adapter, when this process may send on that channel now. */
  readonly channel: (name: string) => Channel | undefined;
  readonly onUncertain: (channel: string) => "ask" | "resend" | "drop";
  /** A message of ours that nobody can tell whether it arrived, or that was given up: told to the owner. */
  readonly onTrouble: (item: OutboxItem, state: "uncertain" | "failed", reason: string) => void;
  /** For named kill points in tests. */
  readonly reach?: (point: "before-send" | "after-send") => void;
  readonly onDelivered?: (message: OutboundMessage, createdToSentMs: number) => void;
}

export interface Deliverer {
  /** The claim to commit rows of this channel with, where a claim alone makes the send safe; see `sendNow`. */
  claimFor(channel: string): OutboxClaim | undefined;
  /** Sends rows just committed by this process, claimed or not. Returns at once. `previewId` belongs to the first. */
  sendNow(messages: readonly OutboundMessage[], isClaimed: boolean, previewId?: string): void;
  /** Looks for due rows of these channels: retries, other processes' rows, what a dead process left behind. */
  pump(channels: readonly string[]): Promise<void>;
  /** Renews the claims of sends in flight, in one statement. */
  renew(): Promise<void>;
  /** Waits for sends in flight, at most `graceMs`, then aborts them. */
  close(graceMs: number): Promise<void>;
}

/**
 * The way out: outbox row -> platform, in order within a conversation. A retry sends again, it never thinks again. A
 * send is marked before the attempt and after it; one that was cut off in between is found out about (probe), is
 * harmless (the platform drops doubles), or is put to a person. It is never silently sent again.
 */
export function createDeliverer(deps: DeliverDeps): Deliverer {
  const { store, now, log, claimMs } = deps;
  const stop = new AbortController();
  /** Per conversation, the sends queued one behind the other. */
  const chains = new Map<string, Promise<void>>();
  /** Conversations whose first row failed and waits for its retry: rows behind it wait too. */
  const blocked = new Set<string>();
  const queued = new Set<string>();
  let running = 0;
  const slots: Array<() => void> = [];

  function enqueue(item: OutboxItem, isClaimed: boolean): void {
    if (queued.has(item.message.id) || stop.signal.aborted) return;
    queued.add(item.message.id);
    const before = chains.get(item.conversation) ?? Promise.resolve();
    const chain = before
      .then(() => withSlot(() => deliver(item, isClaimed)))
      .catch((error: unknown) =>
        log.error(
          { outbox: item.message.id, error: describeError(error) },
          "A delivery could not be recorded; it will be looked at again.",
        ),
      )
      .finally(() => {
        queued.delete(item.message.id);
        if (chains.get(item.conversation) === chain) chains.delete(item.conversation);
      });
    chains.set(item.conversation, chain);
  }

  async function withSlot(work: () => Promise<void>): Promise<void> {
    if (running >= maxConcurrent) await new Promise<void>((resolve) => slots.push(resolve));
    running += 1;
    try {
      await work();
    } finally {
      running -= 1;
      slots.shift()?.();
    }
  }

  async function deliver(item: OutboxItem, isClaimed: boolean): Promise<void> {
    const channel = deps.channel(item.message.address.channel);
    if (isClaimed && (channel === undefined || stop.signal.aborted || blocked.has(item.conversation))) {
      return store.write((transaction) =>
        transaction.updateOutbox(item.message.id, { state: "pending", owner: null, ownedUntil: 0 }),
      );
    }
    if (channel === undefined || stop.signal.aborted) return; // The process that holds the channel will find the row.
    if (!isClaimed) {
      const hint = item.state === "sending" ? item.hint : channel.reconcileHint?.(item.message);
      if (!(await store.claimOutbox(item.message.id, deps.owner, now(), claimMs, hint))) return;
    }
    if (item.state === "sending" && channel.traits.reconciles !== "idempotent") {
      return resolveUnknown(item, channel, "the process that was sending it ended", (found) => attempt(found, channel));
    }
    await attempt(item, channel);
  }

  async function attempt(item: OutboxItem, channel: Channel): Promise<void> {
    const { context, parts, isLost } = trackParts(item);
    try {
      deps.reach?.("before-send");
      if (item.previewId !== undefined && item.parts.length === 0) await replacePreview(item, channel, context);
      const sent = await channel.send(item.message, { ...context, sentParts: parts() });
      deps.reach?.("after-send");
      await settle(item, "sent", { parts: sent.length > 0 ? sent : parts() });
    } catch (error) {
      if (!isLost()) return fail({ ...item, parts: parts() }, channel, error);
      log.warn({ outbox: item.message.id }, "This process stood still for so long that another one sends the message.");
    }
  }

  /** What was shown while it was written becomes the first part. Doing so twice changes nothing, so it needs no claim of its own. */
  async function replacePreview(item: OutboxItem, channel: Channel, context: SendContext): Promise<void> {
    const { previewId = "" } = item;
    try {
      await channel.edit?.(item.message, previewId, context.signal);
      await context.recordPart(previewId);
    } catch (error) {
      if (!(error instanceof AppError) || error.retryAfterMs !== undefined) throw error;
      log.info(
        { outbox: item.message.id, reason: error.message },
        "A preview cannot be edited; its message is sent anew.",
      );
    }
  }

  /** What an adapter is given for one attempt, the parts that are recorded so far, and whether others have the message. */
  function trackParts(item: OutboxItem): {
    readonly context: SendContext;
    readonly parts: () => readonly string[];
    readonly isLost: () => boolean;
  } {
    let parts = item.parts;
    let isLost = false;
    const context: SendContext = {
      signal: stop.signal,
      sentParts: item.parts,
      ...(item.hint === undefined ? {} : { hint: item.hint }),
      confirm: async () => {
        isLost = !(await store.holdsOutbox(item.message.id, deps.owner));
        if (isLost) throw new AppError("aborted", "Another process sends this message.");
      },
      recordPart: async (platformId, notes) => {
        parts = [...parts, platformId];
        await store.write(async (transaction) => {
          await transaction.updateOutbox(item.message.id, { parts });
          await saveNotes(transaction, item.message.address.channel, notes);
        });
      },
    };
    return { context, parts: () => parts, isLost: () => isLost };
  }

  async function fail(item: OutboxItem, channel: Channel, error: unknown): Promise<void> {
    const reason = describeError(error);
    const isUnknown = isAppError(error, "send-uncertain") || !(error instanceof AppError);
    if (!(error instanceof AppError))
      log.error(
        { outbox: item.message.id, error: error instanceof Error ? error.stack : String(error) },
        "An adapter failed in an unexpected way.",
      );
    if (!isUnknown) return tryLater(item, reason, error.retryAfterMs);
    if (channel.traits.reconciles === "idempotent") return tryLater(item, reason, 1_000);
    return resolveUnknown(item, channel, reason, (found) => tryLater(found, reason, 1_000));
  }

  async function tryLater(item: OutboxItem, reason: string, retryAfterMs: number | undefined): Promise<void> {
    if (retryAfterMs === undefined || item.attempts + 1 >= maxAttempts) return giveUp(item, reason);
    blocked.add(item.conversation);
    const backoffMs = Math.ceil(
      Math.max(retryAfterMs, Math.min(maxBackoffMs, 500 * 2 ** item.attempts) * (0.5 + Math.random())),
    );
    await store.write((transaction) =>
      transaction.updateOutbox(item.message.id, {
        state: "pending",
        attempts: item.attempts + 1,
        nextAt: now() + backoffMs,
        owner: null,
        ownedUntil: 0,
        error: reason,
      }),
    );
  }

  /** A part may have arrived: find out, or ask. `sendAgain`: it certainly has not, or the channel is told to send again. */
  async function resolveUnknown(
    item: OutboxItem,
    channel: Channel,
    reason: string,
    sendAgain: (item: OutboxItem) => Promise<void>,
  ): Promise<void> {
    const stored = { ...((await store.outboxItem(item.message.id)) ?? item), attempts: item.attempts };
    // Only an edit was in flight: it may be made again.
    if (stored.previewId !== undefined && stored.parts.length === 0) return sendAgain(stored);
    const { context, parts } = trackParts(stored);
    const found =
      channel.reconcile === undefined
        ? ({ state: "unknown", reason } as const)
        : await channel
            .reconcile(item.message, context)
            .catch((error: unknown) => ({ state: "retry", reason: describeError(error) }) as const);
    if (found.state === "arrived") {
      await context.recordPart(found.platformId, found.notes);
      return attempt({ ...stored, parts: parts() }, channel);
    }
    if (found.state === "absent") return sendAgain(stored);
    if (found.state === "retry") {
      // The platform could not be asked. The row stays "sending": when its time is over, we ask again.
      return store.write((transaction) =>
        transaction.updateOutbox(item.message.id, {
          owner: null,
          ownedUntil: now(),
          nextAt: now() + 5_000,
          error: found.reason,
        }),
      );
    }
    const choice = deps.onUncertain(item.message.address.channel);
    if (choice === "resend") return sendAgain(stored);
    if (choice === "drop") return settle(item, "dropped", { error: found.reason });
    await settle(item, "uncertain", { error: found.reason });
    deps.onTrouble(item, "uncertain", found.reason);
  }

  async function settle(
    item: OutboxItem,
    state: "sent" | "uncertain" | "dropped",
    change: { parts?: readonly string[]; error?: string },
  ): Promise<void> {
    await store.write(async (transaction) => {
      if (state === "sent") await transaction.markSent(item.message.id, change.parts ?? item.parts);
      else await transaction.updateOutbox(item.message.id, { state, owner: null, ownedUntil: 0, ...change });
      if (state !== "uncertain") await settleDraft(transaction, item, state === "sent" ? "sent" : "undeliverable");
      await transaction.audit(
        { kind: `message.${state}`, actor: "system", subject: item.conversation, details: { id: item.message.id } },
        now(),
      );
    });
    blocked.delete(item.conversation);
    if (state === "sent") deps.onDelivered?.(item.message, now() - item.nextAt);
  }

  /** Drafts go out under a name of their own: what becomes of them is shown where they are listed. */
  async function settleDraft(
    transaction: StoreTransaction,
    { message }: OutboxItem,
    state: "sent" | "undeliverable",
  ): Promise<void> {
    if (!isApproved(message.id)) return;
    await transaction.cdc.settleDraft(message.id, state, now());
    await transaction.cdc.addEvent("draft", message.id.slice(approvedPrefix.length), now());
  }

  async function giveUp(item: OutboxItem, reason: string): Promise<void> {
    await store.write(async (transaction) => {
      await transaction.updateOutbox(item.message.id, { state: "failed", owner: null, ownedUntil: 0, error: reason });
      await settleDraft(transaction, item, "undeliverable");
      await transaction.addDeadLetter({ id: createId(now()), kind: "send", ref: item.message.id, reason, at: now() });
      await transaction.audit(
        {
          kind: "message.failed",
          actor: "system",
          subject: item.conversation,
          details: { id: item.message.id, reason },
        },
        now(),
      );
    });
    blocked.delete(item.conversation);
    log.warn({ outbox: item.message.id, reason }, "A message could not be sent and is kept among the dead letters.");
    deps.onTrouble(item, "failed", reason);
  }

  return {
    claimFor(name) {
      // Only where sending twice is harmless: elsewhere the mark "sending" must mean that an attempt really began.
      return deps.channel(name)?.traits.reconciles === "idempotent"
        ? { owner: deps.owner, until: now() + claimMs }
        : undefined;
    },
    sendNow(messages, isClaimed, previewId) {
      for (const [index, message] of messages.entries()) {
        enqueue(
          {
            seq: 0,
            message,
            conversation: conversationId(message.address),
            state: "pending",
            attempts: 0,
            parts: [],
            nextAt: now(),
            ...(index === 0 && previewId !== undefined ? { previewId } : {}),
          },
          isClaimed,
        );
      }
    },
    async pump(channels) {
      for (const name of channels) {
        if (stop.signal.aborted || deps.channel(name) === undefined) continue;
        for (const item of await store.dueOutbox(name, now(), pumpBatch)) enqueue(item, false);
      }
    },
    renew: async () => {
      await store.renewOutbox(deps.owner, [...queued], now() + claimMs);
    },
    async close(graceMs) {
      const idle = Promise.allSettled(chains.values());
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([idle, new Promise((resolve) => (timer = setTimeout(resolve, graceMs)))]);
      clearTimeout(timer);
      stop.abort();
      await idle;
    },
  };
}

/** What a channel wants to know again together with a part that it sent. */
export async function saveNotes(
  transaction: StoreTransaction,
  channel: string,
  notes: ChannelNotes = {},
): Promise<void> {
  for (const [key, value] of Object.entries(notes)) await transaction.setChannelState(channel, key, value);
}
