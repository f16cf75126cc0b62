import type { ChannelState, Reconciliation, SendContext } from "../../src/core/channel.ts";
import { AppError, isAppError } from "../../src/core/errors.ts";
import { conversationId, type OutboundMessage } from "../../src/core/message.ts";

/** The hint of attempts that note what is about to leave. */
export const notedHint = "noted";

/** What of an attempt matters here. */
type Attempt = Pick<SendContext, "sentParts" | "hint">;

/**
 * How many parts of a message may have left, noted before they do. Where a platform cannot be asked what became of a
 * send, that tells at least that one had not begun when the process died. One note for each conversation: its messages
 * go out one behind the other.
 */
export interface Begun {
  /**
   * Notes that so many parts may be out, makes sure that the message is still ours, then sends. When the send was refused
   * for certain, only the `sent` ones before are. Throws AppError "unreachable" when it could not be noted, and what
   * `SendContext.confirm` throws, as `send` does else.
   */
  send<T>(
    message: OutboundMessage,
    context: SendContext,
    parts: { readonly sent: number; readonly with: number },
    send: () => Promise<T>,
  ): Promise<T>;
  /** As the first half of `send`. */
  begin(message: OutboundMessage, context: SendContext, parts: number): Promise<void>;
  /** Only so many are out, for certain. Where this cannot be kept, somebody is asked about what we could have known. */
  takeBack(message: OutboundMessage, parts: number): Promise<void>;
  /** Is it certain that no part left behind those that are recorded? */
  isCertain(message: OutboundMessage, attempt: Attempt): Promise<boolean>;
  /** `Channel.reconcile` where nothing else is known; `reason` says why a part that may have left cannot be asked about. */
  reconcile(message: OutboundMessage, attempt: Attempt, reason: string): Promise<Reconciliation>;
}

export function createBegun(state: ChannelState): Begun {
  const keyOf = ({ address }: OutboundMessage): string => `begun:${conversationId(address)}`;
  const note = (message: OutboundMessage, parts: number): Promise<void> =>
    state.set(keyOf(message), `${parts} ${message.id}`);

  /*
   * The note comes first: whoever takes the message over takes it, then reads the note. So either they find it, or
   * `confirm` finds that the message is theirs.
   */
  async function begin(message: OutboundMessage, context: SendContext, parts: number): Promise<void> {
    try {
      await note(message, parts);
    } catch (error) {
      throw new AppError("unreachable", "It could not be kept what is about to be sent.", {
        retryAfterMs: 1_000,
        cause: error,
      });
    }
    await context.confirm();
  }

  async function isCertain(message: OutboundMessage, { sentParts, hint }: Attempt): Promise<boolean> {
    const [parts, id] = ((await state.get(keyOf(message))) ?? "").split(" ");
    return hint === notedHint && (id === message.id ? Number(parts) : 0) <= sentParts.length;
  }

  const takeBack = (message: OutboundMessage, parts: number): Promise<void> =>
    note(message, parts).catch(() => undefined);

  return {
    begin,
    takeBack,
    isCertain,
    async send(message, context, parts, send) {
      await begin(message, context, parts.with);
      try {
        return await send();
      } catch (error) {
        if (isAppError(error) && error.code !== "send-uncertain") await takeBack(message, parts.sent);
        throw error;
      }
    },
    reconcile: async (message, attempt, reason) =>
      (await isCertain(message, attempt)) ? { state: "absent" } : { state: "unknown", reason },
  };
}
