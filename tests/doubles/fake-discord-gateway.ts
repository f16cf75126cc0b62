import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";
import type { FakeChannel, FakeWorld } from "./fake-discord-world.ts";

export interface FakeGateway {
  /** Sends an event to every session that asked for events of its kind. Sessions without a connection keep it. */
  dispatch(t: string, d: Readonly<Record<string, unknown>>): void;
  /** Ends connections: by a close code, or without a word. */
  drop(how: number | "cut"): void;
  /** Asks clients to come back (opcode 7). */
  askReconnect(): void;
  /** Sessions that are gone answer to no resume. */
  expireSessions(): void;
  /** Answers the next identify or resume with this close code. */
  refuseNext(code: number): void;
  /** Stops confirming heartbeats. */
  muteHeartbeats(isMuted: boolean): void;
  readonly identifies: readonly Readonly<Record<string, unknown>>[];
  readonly resumes: readonly { readonly seq: number; readonly session_id: string }[];
  readonly heartbeats: readonly (number | null)[];
  /** As what people see the bot: what it asked for, one after the other. */
  readonly presences: readonly string[];
  connections(): number;
  stop(): Promise<void>;
}

export interface FakeGatewaySettings {
  /** The one that is valid now. */
  readonly token: () => string;
  readonly heartbeatMs: number;
  readonly isMessageContentAllowed: () => boolean;
}

interface Session {
  readonly id: string;
  readonly intents: number;
  readonly events: { op: 0; s: number; t: string; d: unknown }[];
  socket: WebSocket | undefined;
}

const messageContent = 1 << 15;
const knownIntents = 0x31f_ffff;

/** Behaves as https://docs.discord.com/developers/events/gateway says: hello, identify, resume, close codes. */
export function createFakeGateway(server: Server, world: FakeWorld, settings: FakeGatewaySettings): FakeGateway {
  const sockets = new WebSocketServer({ noServer: true });
  const sessions = new Map<string, Session>();
  const identifies: Record<string, unknown>[] = [];
  const resumes: { seq: number; session_id: string }[] = [];
  const heartbeats: (number | null)[] = [];
  const presences: string[] = [];
  const dropped = new WeakSet<WebSocket>();
  let refusals: number[] = [];
  let isMuted = false;

  const url = (): string => `ws://127.0.0.1:${(server.address() as AddressInfo).port}/gateway`;
  const send = (socket: WebSocket, frame: object): void => socket.send(JSON.stringify(frame));

  function deliver(session: Session, t: string, d: unknown): void {
    const event = { op: 0 as const, s: session.events.length + 1, t, d };
    session.events.push(event);
    if (session.socket?.readyState === 1) send(session.socket, event);
  }

  function begin(socket: WebSocket, intents: number): void {
    const id = `session-${sessions.size + 1}-${world.nextId()}`;
    const session: Session = { id, intents, events: [], socket };
    sessions.set(id, session);
    deliver(session, "READY", {
      v: 10,
      user: world.bot,
      guilds: [{ id: world.guildId, unavailable: true }],
      session_id: id,
      resume_gateway_url: url(),
      session_type: "normal",
      private_channels: [],
      relationships: [],
      application: { id: world.applicationId, flags: 0 },
      user_settings: {},
      _trace: [],
    });
    deliver(session, "GUILD_CREATE", describeGuild(world));
  }

  function identify(socket: WebSocket, d: { token: string; intents: number } & Record<string, unknown>): void {
    identifies.push(d);
    const refusal = refusals.shift();
    if (refusal !== undefined) return socket.close(refusal);
    if (d.token !== settings.token()) return socket.close(4_004);
    if ((d.intents & ~knownIntents) !== 0) return socket.close(4_013);
    if ((d.intents & messageContent) !== 0 && !settings.isMessageContentAllowed()) return socket.close(4_014);
    presences.push((d["presence"] as { status: string } | undefined)?.status ?? "online");
    begin(socket, d.intents);
  }

  function resume(socket: WebSocket, d: { token: string; session_id: string; seq: number }): void {
    resumes.push(d);
    const refusal = refusals.shift();
    if (refusal !== undefined) return socket.close(refusal);
    if (d.token !== settings.token()) return socket.close(4_004);
    const session = sessions.get(d.session_id);
    if (session === undefined) return send(socket, { op: 9, d: false });
    if (d.seq > session.events.length) return socket.close(4_007);
    session.socket?.terminate();
    session.socket = socket;
    for (const event of session.events.slice(d.seq)) send(socket, event);
    deliver(session, "RESUMED", { _trace: [] });
  }

  sockets.on("connection", (socket) => {
    // Whatever is done on a socket that is being closed comes to nothing.
    socket.on("error", () => undefined);
    send(socket, { op: 10, d: { heartbeat_interval: settings.heartbeatMs } });
    socket.on("message", (data: Buffer) => {
      const { op, d } = JSON.parse(data.toString("utf8")) as { op: number; d: never };
      if (op === 1) {
        heartbeats.push(d);
        if (!isMuted) send(socket, { op: 11 });
      } else if (op === 2) identify(socket, d);
      else if (op === 3) presences.push((d as { status: string }).status);
      else if (op === 6) resume(socket, d);
      else socket.close(4_001);
    });
    socket.on("close", (code) => {
      for (const session of sessions.values()) {
        if (session.socket !== socket) continue;
        session.socket = undefined;
        // Only these two end the session, and only where the client closes with them.
        if (!dropped.has(socket) && (code === 1_000 || code === 1_001)) sessions.delete(session.id);
      }
    });
  });
  server.on("upgrade", (request, socket, head) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://127.0.0.1");
    if (pathname !== "/gateway" || searchParams.get("v") !== "10" || searchParams.get("encoding") !== "json")
      return void socket.destroy();
    sockets.handleUpgrade(request, socket, head, (opened) => sockets.emit("connection", opened, request));
  });

  return {
    identifies,
    resumes,
    heartbeats,
    presences,
    dispatch(t, d) {
      for (const session of sessions.values()) {
        if (!isAsked(t, d, session.intents)) continue;
        deliver(session, t, hideContent(t, d, session.intents, world));
      }
    },
    drop(how) {
      for (const socket of sockets.clients) {
        dropped.add(socket);
        if (how === "cut") socket.terminate();
        else socket.close(how);
      }
    },
    askReconnect() {
      for (const socket of sockets.clients) send(socket, { op: 7, d: null });
    },
    expireSessions() {
      sessions.clear();
    },
    refuseNext(code) {
      refusals = [...refusals, code];
    },
    muteHeartbeats(muted) {
      isMuted = muted;
    },
    connections: () => sockets.clients.size,
    async stop() {
      for (const socket of sockets.clients) socket.terminate();
      await new Promise((resolve) => sockets.close(resolve));
    },
  };
}

/** Is this kind of event among what the session asked for? */
function isAsked(t: string, d: Readonly<Record<string, unknown>>, intents: number): boolean {
  const isDirect = d["guild_id"] === undefined;
  if (t.startsWith("MESSAGE_REACTION")) return (intents & (isDirect ? 1 << 13 : 1 << 10)) !== 0;
  if (t.startsWith("MESSAGE")) return (intents & (isDirect ? 1 << 12 : 1 << 9)) !== 0;
  if (t.startsWith("GUILD") || t.startsWith("CHANNEL") || t.startsWith("THREAD")) return (intents & 1) !== 0;
  return true;
}

/** Without the intent, words are empty in servers, except for the bot's own and where it is mentioned. */
function hideContent(t: string, d: Readonly<Record<string, unknown>>, intents: number, world: FakeWorld): unknown {
  const isMessage = t === "MESSAGE_CREATE" || t === "MESSAGE_UPDATE";
  if (!isMessage || (intents & messageContent) !== 0 || d["guild_id"] === undefined) return d;
  const isOurs = (d["author"] as { id: string }).id === world.bot.id;
  const isMention = (d["mentions"] as readonly { id: string }[]).some(({ id }) => id === world.bot.id);
  return isOurs || isMention ? d : { ...d, content: "", attachments: [], embeds: [], components: [] };
}

export function describeGuild(world: FakeWorld): Record<string, unknown> {
  const isThread = ({ type }: FakeChannel): boolean => type >= 10 && type <= 12;
  const channels = [...world.channels.values()].filter(({ guild_id: id }) => id === world.guildId);
  return {
    id: world.guildId,
    name: "Example",
    owner_id: world.ada.id,
    joined_at: "2024-05-01T10:00:00.000Z",
    large: false,
    unavailable: false,
    member_count: 2,
    members: [
      {
        user: world.bot,
        roles: [world.roleId],
        joined_at: "2024-05-01T10:00:00.000Z",
        deaf: false,
        mute: false,
        flags: 0,
      },
    ],
    roles: [
      {
        id: world.guildId,
        name: "@everyone",
        permissions: "0",
        position: 0,
        color: 0,
        colors: { primary_color: 0, secondary_color: null, tertiary_color: null },
        hoist: false,
        managed: false,
        mentionable: false,
        flags: 0,
      },
    ],
    emojis: [],
    stickers: [],
    features: [],
    voice_states: [],
    presences: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
    // Snapshots: what is sent does not change afterwards.
    channels: channels.filter((channel) => !isThread(channel)).map((channel) => ({ ...channel })),
    threads: channels.filter(isThread).map((channel) => ({ ...channel })),
  };
}
