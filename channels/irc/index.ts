import { readFile } from "node:fs/promises";
import { loadPackage } from "../../src/core/load-package.ts";
import type { Channel, ChannelContext, ChannelSink } from "../../src/core/channel.ts";
import { AppError } from "../../src/core/errors.ts";
import { createId } from "../../src/core/id.ts";
import { createBegun, notedHint } from "../_shared/begun.ts";
import { runWithReconnect, sleepUntilAborted, type Patience as RefusedPatience } from "../_shared/reconnect.ts";
import type { IrcOptions } from "./config.ts";
import { runConnection, type Connection, type ConnectionSettings } from "./connection.ts";
import { createInbound } from "./inbound.ts";
import { createPace } from "./pace.ts";
import { askForMissed, findDirectChat, receiveMessage, type ReceivedEvent } from "./receive.ts";
import { sendLines } from "./send.ts";
import { traits } from "./traits.ts";

export { optionsSchema } from "./config.ts";

/** What servers ask of everybody, and tests cannot wait for. */
export interface Patience extends RefusedPatience {
  /** Pause between joining one room and the next. */
  readonly joinDelayMs: number;
  /** Lines that may go out at once; the server is asked what became of them before the next. */
  readonly burstLines: number;
}

export const patience: Patience = { joinDelayMs: 1_000, burstLines: 5 };

/** One nick on one IRC network. Connects to nothing until `start`. */
export function createChannel(
  context: ChannelContext<IrcOptions>,
  { joinDelayMs, burstLines, ...refused }: Patience = patience,
): Channel {
  const { options, log, now, isListening } = context;
  const pace = createPace({
    burst: burstLines,
    perSecond: options.linesPerSecond,
    now: () => performance.now(),
    sleep: sleepUntilAborted,
  });
  const begun = createBegun(context.state);
  let current: Connection | undefined;

  async function start(sink: ChannelSink, signal: AbortSignal): Promise<void> {
    const [{ default: irc }, ca] = await Promise.all([
      loadPackage("irc-framework", () => import("irc-framework")),
      options.ca === undefined ? undefined : loadCertificates(options.ca),
    ]);
    const createFreshId = countIds(now);
    const inbound = createInbound((received: ReceivedEvent) => receiveMessage(received, context, sink), 1_000, log);
    const settings: ConnectionSettings = {
      createClient: () => new irc.Client(),
      options,
      joinDelayMs,
      ca,
      log,
      now,
      isListening,
      onUp: (connection) => {
        current = connection;
      },
      onDown: () => {
        current = undefined;
      },
      onMessage: (event, type, connection) =>
        inbound.push({
          event,
          type,
          connection,
          ownNick: connection.client.user.nick,
          receivedAt: now(),
          freshId: createFreshId(),
        }),
      onJoined: (room, connection) => void askForMissed(room, connection, context),
    };
    try {
      await runWithReconnect((ending, up) => runConnection(settings, ending, up), { ...refused, signal, sink });
    } finally {
      await inbound.close(1_000);
    }
  }

  return {
    traits: { ...traits, maxTextLength: options.maxLines * 300 },
    start,
    async send(message, sendContext) {
      if (current === undefined)
        throw new AppError("unreachable", "There is no connection to the IRC server.", {
          retryAfterMs: 2_000,
        });
      return sendLines(message, sendContext, current, context, { pace, burstLines, begun });
    },
    reconcileHint: () => notedHint,
    reconcile: (message, sendContext) => begun.reconcile(message, sendContext, "IRC keeps nothing to look into."),
    openDirect: (personId) => findDirectChat(personId, context),
  };
}

/** For servers that give messages no id: none of them is ever delivered twice, so it needs only be new. */
function countIds(now: () => number): () => string {
  const epoch = createId(now());
  let count = 0;
  return () => `${epoch}-${(count += 1)}`;
}

/** Throws AppError "config-invalid". */
async function loadCertificates(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new AppError("config-invalid", "The file named by `ca` cannot be read.", {
      cause: error,
    });
  }
}
