import type { Channel, ChannelContext, ChannelSink } from "../../src/core/channel.ts";
import { AppError, isAppError } from "../../src/core/errors.ts";
import { createAlarm, tellUnauthorised } from "../_shared/alarm.ts";
import { createBegun, notedHint } from "../_shared/begun.ts";
import { createNumberedChoices } from "../_shared/numbered-choices.ts";
import { createOwnSends } from "../_shared/own-sends.ts";
import { createPauses } from "../_shared/pauses.ts";
import { settleWithGrace } from "../_shared/grace.ts";
import { runWithReconnect, type Patience } from "../_shared/reconnect.ts";
import { checkAccount, watchAccount } from "./account.ts";
import { formatTarget } from "./chat-id.ts";
import type { SignalOptions } from "./config.ts";
import { editMessage } from "./edit.ts";
import { runEvents } from "./events.ts";
import { loadIdentity, type Identity } from "./identity.ts";
import { parseMessageId } from "./message-id.ts";
import { createNames } from "./names.ts";
import { createOwnEdits } from "./own-edits.ts";
import { createRevisions } from "./revisions.ts";
import { callRpc, checkDaemon } from "./rpc.ts";
import { createSend } from "./send.ts";
import { createSentLog } from "./sent-log.ts";
import { traits } from "./traits.ts";

export { optionsSchema } from "./config.ts";

/** An account of a signal-cli daemon. See README.md for the quirks. */
export function createChannel(given: ChannelContext<SignalOptions>, patience: Patience = {}): Channel {
  // ACIs are the same in capitals; signal-cli has them in small letters.
  const context = { ...given, options: { ...given.options, account: given.options.account.toLowerCase() } };
  const { options: api, state, now } = context;
  const choices = createNumberedChoices(state, now);
  const pauses = createPauses("Signal", now);
  const revisions = createRevisions(state);
  const edits = createOwnEdits(state);
  const sentLog = createSentLog(state);
  const ownSends = createOwnSends(state, now);
  const names = createNames(api);
  let known: Identity | undefined;
  const begun = createBegun(state);
  const account = createAlarm();
  let isRefused = false;
  let wasUp = false;

  const identity = async (signal: AbortSignal): Promise<Identity> => (known ??= await loadIdentity(api, state, signal));

  async function connect(sink: ChannelSink, signal: AbortSignal, up: () => void): Promise<void> {
    // Its calls may wait long for Signal's servers, so first it has to show that it is there.
    await checkDaemon(api.rpcUrl, signal, Math.min(10, api.silentSeconds) * 1_000);
    const me = await identity(signal);
    if (isRefused) await checkAccount(api, signal);
    isRefused = false;
    const end = new AbortController();
    const both = AbortSignal.any([signal, end.signal]);
    const watch = watchAccount(api, account, both).finally(() => end.abort());
    watch.catch(() => undefined); // met below
    const intake = { context, me, sink, signal: both, choices, revisions, names, sentLog, ownSends };
    try {
      await runEvents(intake, () => {
        wasUp = true;
        up();
      });
    } finally {
      end.abort();
      await watch;
    }
  }

  /** An account that was there before may be linked again, so losing it is no mistake of the configuration. */
  async function connectOrRefuse(sink: ChannelSink, signal: AbortSignal, up: () => void): Promise<void> {
    try {
      await connect(sink, signal, up);
    } catch (error) {
      if (!isAppError(error, "unauthorised") && !(wasUp && isAppError(error, "config-invalid"))) throw error;
      isRefused = true;
      throw new AppError("unauthorised", error.message, error.hint === undefined ? {} : { hint: error.hint });
    }
  }

  const send = tellUnauthorised(
    createSend({ context, identity, choices, pauses, sentLog, ownSends, begun }),
    account.ring,
  );

  return {
    traits,
    async start(sink, signal) {
      if (signal.aborted) return;
      const run = runWithReconnect((_signal, up) => connectOrRefuse(sink, signal, up), { ...patience, signal, sink });
      await settleWithGrace(run, signal);
    },
    async send(message, delivery) {
      try {
        return await send(message, delivery);
      } catch (error) {
        // signal-cli says of an account that is let in no more only that it could not reach anybody.
        if (isAppError(error, "send-uncertain")) account.ring();
        throw error;
      }
    },
    reconcileHint: () => notedHint,
    reconcile: (message, delivery) => begun.reconcile(message, delivery, "Signal keeps nothing to look into."),
    edit: (message, platformId, signal) =>
      editMessage(message, platformId, signal, { api, edits, revisions, ownSends, now }),
    async typing(address, signal) {
      const options = { effect: "read", signal, timeoutMs: 10_000 } as const;
      await callRpc(api, "sendTyping", formatTarget(address.chat), options).catch(() => undefined);
    },
    async react(address, platformId, emoji, signal) {
      const key = parseMessageId(platformId);
      if (key === undefined) throw new AppError("not-found", "This is no id of a Signal message.");
      const params = { ...formatTarget(address.chat), emoji, targetAuthor: key.author, targetTimestamp: key.timestamp };
      await callRpc(api, "sendReaction", params, { effect: "read", signal });
    },
    openDirect: async (personId) => ({ channel: context.name, chat: personId.slice(context.name.length + 1) }),
  };
}
