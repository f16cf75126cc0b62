import type { ChannelSink } from "../../src/core/channel.ts";
import { createAlarm } from "../_shared/alarm.ts";
import { settleWithGrace } from "../_shared/grace.ts";
import { runWithReconnect, sleepUntilAborted, type Patience } from "../_shared/reconnect.ts";
import type { CatchUp } from "./catch-up.ts";
import type { BlueMessage } from "./message.ts";

/** A call of the hook waits no longer for a look-up. */
const maxWaitMs = 8_000;
/** After a look-up that found a message only half written. */
const halfWrittenMs = 300;

export interface LineSettings {
  readonly pollSeconds: number;
  readonly catchUp: CatchUp;
  /** Once for each connection, before anything is looked up. Throws AppError. */
  readonly prepare: (signal: AbortSignal) => Promise<void>;
  readonly handle: (message: BlueMessage, sink: ChannelSink, signal: AbortSignal) => Promise<void>;
  /** After each look-up: what else has changed. */
  readonly afterLookUp?: (sink: ChannelSink, signal: AbortSignal) => Promise<void>;
  readonly patience?: Patience;
}

/** Looks new messages up every few seconds, and whenever somebody says that there is one. */
export interface Line {
  /** Receives until the signal aborts, as `Channel.start` does. */
  run(sink: ChannelSink, signal: AbortSignal): Promise<void>;
  /** Undefined while the channel does not run. */
  running(): { readonly sink: ChannelSink; readonly signal: AbortSignal } | undefined;
  /** Looks up as soon as it can; whoever asks `isCaughtUp` waits for it. */
  lookUpNow(): void;
  /** Waits for a look-up that is due or at work, so that nothing overtakes what it brings. False: it took too long. */
  isCaughtUp(): Promise<boolean>;
}

export function createLine({ pollSeconds, catchUp, prepare, handle, afterLookUp, patience }: LineSettings): Line {
  let running: ReturnType<Line["running"]>;
  /** Settles when the look-up that is due or at work has gone well. */
  let pending: PromiseWithResolvers<void> | undefined;
  let isDue = false;
  const alarm = createAlarm();

  /** Resolves with how long to wait for the next one. */
  async function lookUp(sink: ChannelSink, signal: AbortSignal): Promise<number> {
    isDue = false;
    pending ??= Promise.withResolvers<void>();
    const isWhole = await catchUp.run((message) => handle(message, sink, signal), signal);
    await afterLookUp?.(sink, signal);
    if (!isWhole) return halfWrittenMs;
    if (isDue) return 0;
    pending.resolve();
    pending = undefined;
    return pollSeconds * 1_000;
  }

  async function connect(sink: ChannelSink, signal: AbortSignal, up: () => void): Promise<void> {
    await prepare(signal);
    let pauseMs = await lookUp(sink, signal);
    up();
    while (!signal.aborted) {
      if (!isDue) await alarm.wait(pauseMs, signal);
      if (!signal.aborted) pauseMs = await lookUp(sink, signal);
    }
  }

  return {
    async run(sink, signal) {
      if (signal.aborted) return;
      running = { sink, signal };
      // Calls that come before the first look-up wait for it.
      pending ??= Promise.withResolvers<void>();
      const run = runWithReconnect((_signal, up) => connect(sink, signal, up), { ...patience, signal, sink });
      try {
        await settleWithGrace(run, signal);
      } finally {
        running = undefined;
      }
    },
    running: () => running,
    lookUpNow() {
      pending ??= Promise.withResolvers<void>();
      isDue = true;
      alarm.ring();
    },
    async isCaughtUp() {
      if (pending === undefined) return true;
      const enough = new AbortController();
      await Promise.race([pending.promise, sleepUntilAborted(maxWaitMs, enough.signal)]);
      enough.abort();
      return pending === undefined;
    },
  };
}
