import type { ChannelHealth, ChannelSink } from "../../src/core/channel.ts";
import { describeError, isAppError } from "../../src/core/errors.ts";
import { createAlarm } from "../_shared/alarm.ts";
import { sleepUntilAborted, usualRefusedMs } from "../_shared/reconnect.ts";

/**
 * Whether the SMTP server lets us in. Nobody asks it but who sends; so once it has refused the login the channel counts
 * as down, with what to do, and the login is tried again after a while, whether or not somebody sends meanwhile.
 */
export interface SendingLogin {
  /** The same sink, only that its health is "down" while sending is refused. */
  join(sink: ChannelSink): ChannelSink;
  /** Tries refused logins again until the signal aborts. */
  watch(signal: AbortSignal): Promise<void>;
  /** Does a send, and learns from it. */
  learn<T>(send: () => Promise<T>): Promise<T>;
}

export interface SendingLoginSettings {
  /** Logs in and hangs up. Throws AppError: "unauthorised" when that is refused. */
  readonly check: () => Promise<void>;
  /** After how long a refused login is tried again; default 10 min. */
  readonly refusedMs?: number | undefined;
}

const forever = 2 ** 31 - 1;

export function createSendingLogin({ check, refusedMs = usualRefusedMs }: SendingLoginSettings): SendingLogin {
  const alarm = createAlarm();
  let refusal: string | undefined;
  let receiving: ChannelHealth | undefined;
  let tell: (health: ChannelHealth) => void = () => undefined;

  function settle(next: string | undefined): void {
    const wasRefused = refusal !== undefined;
    if (refusal === next) return;
    refusal = next;
    if (next !== undefined) {
      if (receiving?.state === "up") tell({ state: "down", reason: next });
      alarm.ring();
    } else if (wasRefused && receiving !== undefined) tell(receiving);
  }

  async function learn<T>(send: () => Promise<T>): Promise<T> {
    try {
      const done = await send();
      settle(undefined);
      return done;
    } catch (error) {
      if (isAppError(error, "unauthorised")) settle(describeError(error));
      throw error;
    }
  }

  return {
    join(sink) {
      tell = (health) => sink.health(health);
      return {
        ...sink,
        health(health) {
          receiving = health;
          tell(health.state === "up" && refusal !== undefined ? { state: "down", reason: refusal } : health);
        },
      };
    },
    async watch(signal) {
      while (!signal.aborted) {
        if (refusal === undefined) await alarm.wait(forever, signal);
        else {
          await sleepUntilAborted(refusedMs, signal);
          // What else goes wrong says nothing about the login.
          if (!signal.aborted && refusal !== undefined) await learn(check).catch(() => undefined);
        }
      }
    },
    learn,
  };
}
