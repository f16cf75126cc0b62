import type { Client, MessageEvent } from "irc-framework";
import { AppError } from "../../src/core/errors.ts";
import type { Logger } from "../../src/core/log.ts";
import { sleepUntilAborted } from "../_shared/reconnect.ts";
import type { IrcOptions } from "./config.ts";
import { createDeliveries, type Deliveries } from "./deliveries.ts";
import { createIdentities, type Identities } from "./identities.ts";
import { keepNick } from "./nick.ts";
import { createRooms, type Rooms } from "./rooms.ts";
import { IrcTransport } from "./transport.ts";

const registerMs = 30_000;
/** For the server to confirm what is on its way, and to say goodbye: together below the 5 s that a channel may take. */
const drainMs = 2_000;
const quitMs = 1_500;

/** One registered connection, until it ends. */
export interface Connection {
  readonly client: Client;
  readonly rooms: Rooms;
  readonly identities: Identities;
  readonly deliveries: Deliveries;
}

export interface ConnectionSettings {
  readonly createClient: () => Client;
  readonly options: IrcOptions;
  readonly joinDelayMs: number;
  /** PEM. */
  readonly ca: string | undefined;
  readonly log: Logger;
  readonly now: () => number;
  readonly isListening: () => boolean;
  readonly onUp: (connection: Connection) => void;
  /** No more sends on it, please: it is going to be closed, or is closed. */
  readonly onDown: () => void;
  readonly onMessage: (event: MessageEvent, type: "privmsg" | "action", connection: Connection) => void;
  readonly onJoined: (room: string, connection: Connection) => void;
}

/**
 * Connects, registers, joins; resolves when the connection ends, by itself or because the signal aborted (then with a
 * QUIT). Calls `up` when it is registered. Throws AppError when it could not be used at all: without retryAfterMs where waiting cannot mend it.
 */
export async function runConnection(settings: ConnectionSettings, signal: AbortSignal, up: () => void): Promise<void> {
  const { options, log, now, isListening } = settings;
  const client = settings.createClient();
  const ended = new AbortController();
  const destroyed = new AbortController();
  const closed = Promise.withResolvers<void>();
  let isRegistered = false;
  let fault: AppError | undefined;
  let cause: Error | undefined;
  const giveUp = (error: AppError): void => {
    fault ??= error;
    destroyed.abort();
  };

  const connection: Connection = {
    client,
    rooms: createRooms(client, {
      rooms: options.channels,
      joinDelayMs: settings.joinDelayMs,
      log,
      onJoined: (room) => settings.onJoined(room, connection),
    }),
    identities: createIdentities(client, now, ended.signal),
    deliveries: createDeliveries(client),
  };
  const onImpossible = (): void =>
    giveUp(
      new AppError("config-invalid", "The IRC server does not allow this nick.", {
        hint: "Choose another `nick`.",
      }),
    );
  keepNick(client, { wanted: options.nick, isListening, onImpossible }, ended.signal);
  client.on("privmsg", (event) => settings.onMessage(event, "privmsg", connection));
  client.on("action", (event) => settings.onMessage(event, "action", connection));
  client.on("sasl failed", ({ reason }) => giveUp(saslFault(reason)));
  client.on("irc error", ({ error }) => {
    const refusal = isRegistered ? undefined : registrationFault(error);
    if (refusal !== undefined) giveUp(refusal);
  });
  client.on("registered", () => {
    isRegistered = true;
    settings.onUp(connection);
    up();
    void connection.rooms.keepJoined(ended.signal);
  });
  client.on("socket close", (error) => {
    cause = error instanceof Error ? error : undefined;
    settings.onDown();
    ended.abort();
    connection.deliveries.fail();
    closed.resolve();
  });

  client.requestCap(["draft/chathistory"]);
  client.connect(clientOptions(settings, destroyed.signal));
  const registerTimer = setTimeout(() => {
    if (!isRegistered)
      giveUp(
        new AppError("unreachable", "The IRC server did not let us in within 30 s.", {
          retryAfterMs: 5_000,
        }),
      );
  }, registerMs);
  const leave = (): void => void quit();
  signal.addEventListener("abort", leave, { once: true });
  if (signal.aborted) leave();

  async function quit(): Promise<void> {
    settings.onDown();
    await connection.deliveries.settle(drainMs);
    client.quit(isListening() ? "" : "Good bye");
    await sleepUntilAborted(quitMs, ended.signal);
    destroyed.abort();
  }

  try {
    await closed.promise;
  } finally {
    clearTimeout(registerTimer);
    signal.removeEventListener("abort", leave);
  }
  if (signal.aborted) return;
  if (fault !== undefined) throw fault;
  if (!isRegistered)
    throw new AppError("unreachable", `The IRC server cannot be reached (${codeOf(cause)}).`, {
      retryAfterMs: 500,
      cause,
    });
}

function clientOptions({ options, ca, log }: ConnectionSettings, destroySignal: AbortSignal): object {
  const { host, nick, sasl, password } = options;
  return {
    host,
    port: options.port ?? (options.tls ? 6697 : 6667),
    tls: options.tls,
    ca,
    destroySignal,
    onBadLine: (error: unknown) => log.debug({ error }, "a line of the server could not be read"),
    transport: IrcTransport,
    nick,
    username: `${nick.toLowerCase().replaceAll(/[^a-z0-9]/g, "")}bot`.slice(0, 10),
    gecos: nick,
    ...(password === undefined ? {} : { password }),
    // Without this object, the server's password would also be sent as the account's.
    account: sasl ?? {},
    sasl_disconnect_on_fail: true,
    auto_reconnect: false,
    // An empty version: no CTCP request is answered.
    version: "",
  };
}

function codeOf(error: Error | undefined): string {
  if (error === undefined) return "it closed the connection";
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}

function saslFault(reason: string): AppError {
  const message = `The IRC server did not accept the account (${reason}).`;
  if (reason === "fail" || reason === "nick_locked" || reason === "too_long")
    return new AppError("unauthorised", message, {
      hint: "Check `sasl.account` and `sasl.password`.",
    });
  return new AppError("unreachable", message, { retryAfterMs: 30_000 });
}

function registrationFault(error: string): AppError | undefined {
  if (error === "password_mismatch")
    return new AppError("unauthorised", "The IRC server did not accept the password.", {
      hint: "Check `password`.",
    });
  if (error === "banned_from_network")
    return new AppError("unreachable", "The IRC server has banned us.", { retryAfterMs: 300_000 });
  return undefined;
}
