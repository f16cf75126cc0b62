import type { GatewayDispatchPayload } from "discord.js";
import { AppError } from "../../src/core/errors.ts";
import type { Logger } from "../../src/core/log.ts";
import { sleepUntilAborted } from "../_shared/reconnect.ts";
import { describeClose, endsSession } from "./close-codes.ts";
import { runGateway } from "./gateway.ts";
import type { Intake } from "./intake.ts";
import { callDiscord, type DiscordApi } from "./rest.ts";
import type { Session } from "./session.ts";

export interface ConnectSettings {
  readonly api: DiscordApi;
  readonly intents: number;
  readonly session: Session;
  readonly intake: Pick<Intake, "onEvent" | "waiting">;
  readonly log: Logger;
  readonly isHidden: () => boolean;
  /**
   * Events in hand at which no more are taken, and at which they are taken again: the session is left and taken up
   * later, so that a slow database fills no memory. Default 5,000 and 500.
   */
  readonly maxWaiting?: number;
  readonly resumeWaiting?: number;
}

/** At the end of a day's allowance Discord takes the token away, so a few are left for other programs. */
const spareSessions = 10;
/** The address given for resuming may be gone. */
const maxDeadResumes = 2;
const identifyPauseMs = 5_000;

/** One connection after the other is its caller's business; what went before is remembered here. */
export function createConnect(settings: ConnectSettings): (signal: AbortSignal, up: () => void) => Promise<void> {
  const { api, intents, session, intake, log, isHidden, maxWaiting = 5_000, resumeWaiting = 500 } = settings;
  let deadResumes = 0;

  /** Resolves when the connection has ended. Throws AppError: without retryAfterMs where coming back mends nothing. */
  return async (signal, up) => {
    while (intake.waiting() > resumeWaiting && !signal.aborted) await sleepUntilAborted(50, signal);
    const resumed = session.current();
    const url = resumed?.url ?? (await loadGatewayUrl(api, signal));
    const overload = new AbortController();
    const end = await runGateway(
      {
        url,
        token: api.token,
        intents,
        resume: resumed === undefined ? undefined : { id: resumed.id, seq: session.events.received() },
        storedSeq: () => (session.current() === undefined ? null : session.events.stored()),
        onEvent(event: GatewayDispatchPayload) {
          intake.onEvent(event);
          if (intake.waiting() > maxWaiting) overload.abort();
          const name: string = event.t;
          if (name === "READY" || name === "RESUMED") up();
        },
        log,
        isHidden,
      },
      AbortSignal.any([signal, overload.signal]),
    );
    if (signal.aborted) return;
    log.debug({ code: end.code, isSessionInvalid: end.isSessionInvalid }, "The gateway connection has ended");
    if (end.isSessionInvalid || endsSession(end.code)) {
      await session.forget();
      if (resumed === undefined)
        throw new AppError("unreachable", "Discord did not begin a session.", { retryAfterMs: identifyPauseMs });
    }
    const fault = describeClose(end.code);
    if (fault !== undefined) throw fault;
    deadResumes = end.wasOpen || resumed === undefined ? 0 : deadResumes + 1;
    if (deadResumes >= maxDeadResumes) {
      deadResumes = 0;
      await session.forget();
    }
    if (!end.wasOpen) throw new AppError("unreachable", "Discord's gateway cannot be reached.", { retryAfterMs: 500 });
    if (end.code === 1_006 || end.code === 4_200) return;
    throw new AppError("unreachable", `Discord has closed the connection (close code ${end.code}).`, {
      retryAfterMs: 100,
    });
  };
}

async function loadGatewayUrl(api: DiscordApi, signal: AbortSignal): Promise<string> {
  const bot = await callDiscord<{
    readonly url: string;
    readonly session_start_limit?: { readonly remaining: number; readonly reset_after: number };
  }>(api, { method: "GET", path: "/gateway/bot", effect: "read", signal });
  const limit = bot.session_start_limit;
  if (limit !== undefined && limit.remaining <= spareSessions)
    throw new AppError("rate-limited", "The bot has connected to Discord too often today.", {
      hint: "Does another program use the same token?",
      retryAfterMs: Math.max(1_000, limit.reset_after),
    });
  return bot.url;
}
