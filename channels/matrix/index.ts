import type { Channel, ChannelContext, ChannelSink, SendContext } from "../../src/core/channel.ts";
import { AppError } from "../../src/core/errors.ts";
import type { OutboundMessage } from "../../src/core/message.ts";
import { keepForLater } from "../_shared/alarm.ts";
import { createNumberedChoices } from "../_shared/numbered-choices.ts";
import { settleWithGrace } from "../_shared/grace.ts";
import { runWithReconnect, type Patience } from "../_shared/reconnect.ts";
import { clientPath } from "./api.ts";
import { createChoiceReactions } from "./choice-reactions.ts";
import type { MatrixOptions } from "./config.ts";
import { openDirectRoom } from "./directs.ts";
import { openSession } from "./open-session.ts";
import { editMessage, sendMessage, sendReaction } from "./send.ts";
import type { Session } from "./session.ts";
import { runSync } from "./sync.ts";
import { traits } from "./traits.ts";
import { verifyDevice } from "./verify.ts";

export { optionsSchema } from "./config.ts";

/** How long what is in hand may take to be stored after the abort. */
const graceMs = 3_500;

/** An account on a Matrix homeserver, with end-to-end encryption. See README.md for the quirks. */
export function createChannel(context: ChannelContext<MatrixOptions>, patience: Patience = {}): Channel {
  const kept = {
    choices: createNumberedChoices(context.state, context.now),
    reactions: createChoiceReactions(context.state),
  };
  let running: Session | undefined;

  /** Works with the connection that there is now. Throws AppError "unreachable" when there is none, or it is lost. */
  async function use<T>(work: (current: Session) => Promise<T>): Promise<T> {
    const current = running;
    if (current === undefined) throw notConnected();
    try {
      return await work(current);
    } catch (error) {
      // The keys were closed under its hands; what it was about to send has not gone out.
      if (!(error instanceof AppError) && current.signal.aborted) throw notConnected();
      throw error;
    }
  }

  async function connect(sink: ChannelSink, signal: AbortSignal, up: () => void): Promise<void> {
    // What still goes on of this connection ends before the keys are closed.
    const lost = new AbortController();
    const opened = await openSession(context, kept, AbortSignal.any([signal, lost.signal]));
    try {
      running = opened;
      await opened.invites.resume(opened.signal);
      await runSync({ ...opened, sink }, up);
    } finally {
      running = undefined;
      lost.abort();
      await opened.crypto.flush().catch(() => undefined);
      opened.crypto.close();
    }
  }

  return {
    traits,
    async start(sink, signal) {
      if (signal.aborted) return;
      const run = runWithReconnect((_signal, up) => connect(sink, signal, up), { ...patience, signal, sink });
      await settleWithGrace(run, signal, graceMs);
    },
    send: keepForLater(async (message: OutboundMessage, delivery: SendContext) =>
      use((current) => sendMessage(message, delivery, current)),
    ),
    edit: async (message, platformId, signal) => use((current) => editMessage(message, platformId, current, signal)),
    react: async (address, platformId, emoji, signal) =>
      use((current) => sendReaction(address.chat, platformId, emoji, current, signal)),
    async typing(address, signal) {
      if (running === undefined) return;
      const { api, me } = running;
      const path = clientPath`/rooms/${address.chat}/typing/${me.userId}`;
      const body = { typing: true, timeout: 20_000 };
      await api.ask(path, { method: "PUT", body, signal, pauseKey: "typing" }).catch(() => undefined);
    },
    async openDirect(personId) {
      const userId = personId.slice(context.name.length + 1);
      const open = ({ api, directs, signal }: Session): Promise<string> => openDirectRoom(userId, api, directs, signal);
      return { channel: context.name, chat: await use(open) };
    },
    verify: async (dialogue, signal) => use((current) => verifyDevice(dialogue, signal, current)),
  };
}

function notConnected(): AppError {
  return new AppError("unreachable", "The Matrix channel is not connected.", { retryAfterMs: 1_000 });
}
