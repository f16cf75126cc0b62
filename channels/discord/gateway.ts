import type { GatewayDispatchPayload, GatewayReadyDispatchData } from "discord.js";
import type { WebSocket } from "ws";
import type { Logger } from "../../src/core/log.ts";

/** One connection to the gateway: https://docs.discord.com/developers/events/gateway */
export interface GatewaySettings {
  readonly url: string;
  readonly token: string;
  readonly intents: number;
  /** The session to take up again, behind this event; undefined starts a new one. */
  readonly resume: { readonly id: string; readonly seq: number } | undefined;
  /** Up to which event everything is stored: told with each heartbeat. */
  readonly storedSeq: () => number | null;
  /** Called in order, and must not throw. */
  readonly onEvent: (event: GatewayDispatchPayload) => void;
  readonly log: Logger;
  /** Shall nobody see that we are there? Otherwise we are shown as online. */
  readonly isHidden: () => boolean;
}

export interface GatewayEnd {
  /** Of the close; 1006 when there was none. */
  readonly code: number;
  /** Discord said that the session is no more. */
  readonly isSessionInvalid: boolean;
  /** Did it ever say hello? */
  readonly wasOpen: boolean;
}

const handshakeMs = 15_000;
const helloMs = 20_000;
const readyMs = 60_000;
/** Any code but 1000 and 1001 leaves the session to be resumed, by the next process too. */
const leaveCode = 4_200;
const leaveMs = 500;
/** The largest events are servers with thousands of channels and roles. */
const maxEventBytes = 64 * 1_048_576;

interface Frame {
  readonly op: number;
  readonly d: unknown;
}

/** Resolves when the connection has ended, however that came about. Never throws. */
export async function runGateway(settings: GatewaySettings, signal: AbortSignal): Promise<GatewayEnd> {
  const { WebSocket: Socket } = await import("ws");
  const closed = Promise.withResolvers<number>();
  let socket: WebSocket;
  try {
    socket = new Socket(gatewayUrl(settings.url), {
      handshakeTimeout: handshakeMs,
      maxPayload: maxEventBytes,
      perMessageDeflate: false,
    });
  } catch {
    return { code: 1_006, isSessionInvalid: false, wasOpen: false };
  }
  let beat: NodeJS.Timeout | undefined;
  let isBeatConfirmed = true;
  let isSessionInvalid = false;
  let wasOpen = false;
  // Whoever takes the connection but never speaks is not waited for.
  let patience = setTimeout(() => socket.terminate(), handshakeMs + helloMs);

  const send = (op: number, d: unknown): void => {
    if (socket.readyState === Socket.OPEN) socket.send(JSON.stringify({ op, d }));
  };
  const leave = (): void => {
    socket.close(leaveCode);
    setTimeout(() => socket.terminate(), leaveMs);
  };

  function sendBeat(): void {
    send(1, settings.storedSeq());
    isBeatConfirmed = false;
  }

  function keepBeating(intervalMs: number): void {
    const next = (): void => {
      // Without an answer to the last one the connection is dead, whatever TCP says.
      if (!isBeatConfirmed) return socket.terminate();
      sendBeat();
      beat = setTimeout(next, intervalMs);
    };
    // At first at any time within the interval, so that not all clients come at once after an outage.
    beat = setTimeout(next, intervalMs * Math.random());
  }

  function greet(intervalMs: number): void {
    wasOpen = true;
    clearTimeout(patience);
    patience = setTimeout(() => socket.terminate(), readyMs);
    keepBeating(intervalMs);
    const { token, intents, resume } = settings;
    if (resume !== undefined) return send(6, { token, session_id: resume.id, seq: resume.seq });
    const properties = { os: process.platform, browser: "parlance", device: "parlance" };
    // Of each server's members only we ourselves are of interest.
    send(2, { token, intents, properties, large_threshold: 50, presence: presence() });
  }

  function presence(): object {
    return { since: null, activities: [], status: settings.isHidden() ? "invisible" : "online", afk: false };
  }

  function take(frame: Frame): void {
    switch (frame.op) {
      case 0: {
        const event = frame as GatewayDispatchPayload;
        const name: string = event.t;
        if (name === "READY" || name === "RESUMED") clearTimeout(patience);
        // The session may be from before we were to be hidden, or from then.
        if (name === "RESUMED") send(3, presence());
        return settings.onEvent(event);
      }
      case 1:
        return sendBeat();
      case 7:
        return leave();
      case 9:
        isSessionInvalid = frame.d !== true;
        return leave();
      case 10:
        return greet((frame.d as { heartbeat_interval: number }).heartbeat_interval);
      case 11:
        isBeatConfirmed = true;
        return;
      default:
    }
  }

  // Without compression, frames are text, each in one buffer.
  socket.on("message", (data: Buffer) => {
    try {
      take(JSON.parse(data.toString("utf8")) as Frame);
    } catch (error) {
      settings.log.warn({ reason: error instanceof Error ? error.name : "unknown" }, "An event could not be read");
    }
  });
  // A failed connection also closes; what its error says may name addresses.
  socket.on("error", (error) => settings.log.debug({ error }, "The gateway connection failed"));
  socket.on("close", (code) => closed.resolve(code));
  signal.addEventListener("abort", leave, { once: true });
  if (signal.aborted) leave();
  const code = await closed.promise;
  clearTimeout(beat);
  clearTimeout(patience);
  signal.removeEventListener("abort", leave);
  return { code, isSessionInvalid, wasOpen };
}

/** The version and encoding that both ends speak; a path or query of a proxy stays. */
function gatewayUrl(url: string): URL {
  const target = new URL(url);
  target.searchParams.set("v", "10");
  target.searchParams.set("encoding", "json");
  return target;
}

export type Ready = GatewayReadyDispatchData;
