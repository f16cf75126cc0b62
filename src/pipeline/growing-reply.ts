import { isAppError } from "../core/errors.ts";
import type { Channel, ChannelNotes, SendContext } from "../core/channel.ts";
import { conversationId, type OutboundMessage } from "../core/message.ts";
import type { OutboxItem, StoreTransaction } from "../core/store.ts";
import { saveNotes } from "./deliver.ts";
import type { PipelineDeps } from "./deps.ts";

/** Less text than this is not worth a message that changes. */
const minChars = 40;
/** Of what one message can hold: formatting makes texts longer. */
const partShare = 0.75;

export interface GrowingReply {
  /** The whole text so far. Never throws. */
  onText(soFar: string): void;
  /** Shows nothing more and lets what is in flight arrive. Resolves with the message that shows the text so far. */
  end(): Promise<string | undefined>;
}

export interface GrowingReplyRequest {
  /** The reply without its text. */
  readonly reply: OutboundMessage;
  readonly signal: AbortSignal;
  /** What an earlier attempt at this turn left behind. */
  readonly left: OutboxItem | undefined;
  /** Writes in a transaction that has the turn journalled: it must outlive the process, as the preview's row does. */
  readonly write: <T>(work: (transaction: StoreTransaction) => Promise<T>) => Promise<T>;
}

/**
 * Shows a long reply while it is written, where the platform allows edits: one message, sent early and edited as the
 * text grows. Its outbox row exists before it is sent, so that after a crash it is found and edited, never doubled; the
 * turn's commit turns the row into the reply. Trouble with showing is no trouble for the answer: it then comes whole.
 * Undefined where the channel does not do this.
 */
export function createGrowingReply(
  deps: Pick<PipelineDeps, "store" | "log" | "channel" | "now" | "reach">,
  request: GrowingReplyRequest,
): GrowingReply | undefined {
  const { store, log } = deps;
  const { reply, signal, left } = request;
  const channel = deps.channel(reply.address.channel);
  const everyMs = channel?.traits.streamsEveryMs ?? 0;
  if (channel === undefined || everyMs === 0) return undefined;

  let text = "";
  let shownText = "";
  let platformId = left?.previewId;
  let isOff = false;
  let isEnded = false;
  let timer: NodeJS.Timeout | undefined;
  // Somebody may have to be asked what became of the message before anything else is shown.
  let running: Promise<void> =
    left !== undefined && platformId === undefined ? attempt(() => find(channel, left)) : Promise.resolve();

  function schedule(ms: number): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      running = running.then(() => attempt(() => show(channel as Channel)));
    }, ms);
  }

  async function attempt(step: () => Promise<void>): Promise<void> {
    if (isOff || isEnded || signal.aborted) return;
    let pauseMs = everyMs;
    try {
      await step();
    } catch (error) {
      if (isAppError(error) && error.retryAfterMs !== undefined) pauseMs = Math.max(pauseMs, error.retryAfterMs);
      else isOff = true;
      log.debug({ outbox: reply.id, error: String(error) }, "A reply could not be shown while it is written.");
    }
    if (text !== shownText && !isEnded && !isOff) schedule(pauseMs);
  }

  async function show(to: Channel): Promise<void> {
    const current = text;
    if (current.length < minChars || current === shownText) return;
    const message = { ...reply, text: await formatUnfinished(current, to.traits.maxTextLength) };
    if (platformId === undefined) platformId = await send(to, message);
    else await to.edit?.(message, platformId, signal);
    shownText = current;
  }

  /** Undefined when it may not be sent now; then the reply comes whole. */
  async function send(to: Channel, message: OutboundMessage): Promise<string | undefined> {
    const hint = to.reconcileHint?.(message);
    const conversation = conversationId(message.address);
    const isNoted = await request.write((transaction) => transaction.addPreview(message, conversation, hint));
    if (!isNoted) {
      isOff = true;
      return undefined;
    }
    try {
      return await sendOnce(to, message);
    } catch (error) {
      if (!isAppError(error, "send-uncertain")) throw error;
      await find(to, { message, ...(hint === undefined ? {} : { hint }) });
      return platformId;
    }
  }

  async function sendOnce(to: Channel, message: OutboundMessage): Promise<string | undefined> {
    const [id] = await to.send(message, contextOf(undefined));
    return id;
  }

  /** What became of a preview whose sending was cut off. Where that cannot be told, no more of it is shown. */
  async function find(to: Channel, item: Pick<OutboxItem, "message" | "hint">): Promise<void> {
    if (to.traits.reconciles === "idempotent") {
      platformId = await sendOnce(to, item.message);
      return;
    }
    const found = await to.reconcile?.(item.message, contextOf(item.hint));
    if (found?.state === "absent") platformId = await sendOnce(to, item.message);
    else if (found?.state === "arrived") {
      ({ platformId } = found);
      await record(platformId, found.notes);
    } else {
      isOff = true;
      log.warn(
        { outbox: item.message.id },
        "The beginning of a reply may be left unfinished: the platform cannot tell.",
      );
    }
  }

  async function record(shownId: string, notes?: ChannelNotes): Promise<void> {
    deps.reach?.("after-preview");
    await store.write(async (transaction) => {
      await transaction.savePreview(reply.id, shownId);
      await saveNotes(transaction, reply.address.channel, notes);
    });
  }

  function contextOf(hint: string | undefined): SendContext {
    // A preview belongs to its turn, whose lease the process watches.
    const confirm = async (): Promise<void> => signal.throwIfAborted();
    return { signal, sentParts: [], recordPart: record, confirm, ...(hint === undefined ? {} : { hint }) };
  }

  return {
    onText(soFar) {
      text = soFar;
      // An answer that is complete before the first pause is over goes out whole.
      if (!isOff) schedule(everyMs);
    },
    async end() {
      clearTimeout(timer);
      isEnded = true;
      await running;
      return platformId;
    },
  };
}

/** The beginning of a text that is still being written: what fits into one message, with no mark left open. */
async function formatUnfinished(text: string, maxLength: number): Promise<string> {
  const { default: remend } = await import("remend");
  const room = Math.floor(maxLength * partShare);
  const cut =
    text.length <= room ? text : text.slice(0, Math.max(text.lastIndexOf("\n", room), text.lastIndexOf(" ", room), 1));
  const isInFence = (cut.match(/^ {0,3}(?:```|~~~)/gm) ?? []).length % 2 === 1;
  return isInFence ? `${cut.trimEnd()}\n\`\`\`\n…` : `${remend(cut).trimEnd()} …`;
}
