import { randomUUID } from "node:crypto";

export type Json = Readonly<Record<string, unknown>>;

export interface StoredEvent {
  readonly type: string;
  readonly event_id: string;
  readonly sender: string;
  readonly origin_server_ts: number;
  readonly content: Json;
  readonly room_id: string;
  readonly state_key?: string;
  readonly redacts?: string;
  readonly unsigned?: Json;
  readonly position: number;
}

export interface StoredRoom {
  readonly id: string;
  events: StoredEvent[];
  /** By "<type>|<state key>". */
  readonly state: Map<string, StoredEvent>;
}

export interface Device {
  readonly userId: string;
  readonly deviceId: string;
  readonly token: string;
  keys: Json | undefined;
  readonly oneTimeKeys: Map<string, unknown>;
  fallbackKeys: Json;
  inbox: { readonly position: number; readonly event: Json }[];
  /** Nothing of the inbox is handed out. */
  isHeld: boolean;
}

/** What a homeserver keeps, without the HTTP: rooms, devices, keys, and one stream of everything that happens. */
export interface MatrixStore {
  readonly rooms: Map<string, StoredRoom>;
  readonly devices: Map<string, Device>;
  /** Cross-signing keys by user. */
  readonly identities: Map<string, Json>;
  readonly identityChanges: { readonly position: number; readonly userId: string }[];
  readonly accountData: Map<string, { readonly position: number; readonly content: Json }>;
  readonly names: Map<string, string>;
  position(): number;
  /** Something happened that is not an event of a room. */
  tick(): number;
  onChange(listener: () => void): () => void;
  addDevice(userId: string, deviceId?: string): Device;
  createRoom(creator: string, state?: readonly Json[], invite?: readonly string[], isDirect?: boolean): StoredRoom;
  addEvent(roomId: string, event: NewEvent): StoredEvent;
  setMembership(roomId: string, userId: string, membership: string, by?: string, extra?: Json): StoredEvent;
  redact(roomId: string, target: string, by: string): StoredEvent;
  membership(roomId: string, userId: string): string | undefined;
}

export interface NewEvent {
  readonly type: string;
  readonly sender: string;
  readonly content: Json;
  readonly stateKey?: string;
  readonly eventId?: string;
  readonly redacts?: string;
}

export function createMatrixStore(): MatrixStore {
  const rooms = new Map<string, StoredRoom>();
  const devices = new Map<string, Device>();
  const names = new Map<string, string>();
  const listeners = new Set<() => void>();
  let position = 0;

  const tick = (): number => {
    position += 1;
    queueMicrotask(() => {
      for (const listener of listeners) listener();
    });
    return position;
  };

  const store: MatrixStore = {
    rooms,
    devices,
    identities: new Map(),
    identityChanges: [],
    accountData: new Map(),
    names,
    position: () => position,
    tick,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    addDevice(userId, deviceId = randomUUID().slice(0, 8).toUpperCase()) {
      const token = `token-${randomUUID()}`;
      const device = {
        userId,
        deviceId,
        token,
        keys: undefined,
        oneTimeKeys: new Map(),
        fallbackKeys: {},
        inbox: [],
        isHeld: false,
      };
      devices.set(token, device);
      return device;
    },
    createRoom(creator, state = [], invite = [], isDirect = false) {
      const room: StoredRoom = { id: `!${randomUUID()}:example.org`, events: [], state: new Map() };
      rooms.set(room.id, room);
      store.addEvent(room.id, {
        type: "m.room.create",
        sender: creator,
        content: { room_version: "11" },
        stateKey: "",
      });
      store.setMembership(room.id, creator, "join");
      for (const { type, content, state_key: stateKey = "" } of state)
        store.addEvent(room.id, {
          type: String(type),
          sender: creator,
          content: content as Json,
          stateKey: String(stateKey),
        });
      for (const userId of invite)
        store.setMembership(room.id, userId, "invite", creator, isDirect ? { is_direct: true } : {});
      return room;
    },
    addEvent(roomId, { type, sender, content, stateKey, eventId = `$${randomUUID()}`, redacts }) {
      const room = rooms.get(roomId);
      if (room === undefined) throw new Error(`There is no room ${roomId}.`);
      const before = stateKey === undefined ? undefined : room.state.get(`${type}|${stateKey}`);
      const event: StoredEvent = {
        type,
        event_id: eventId,
        sender,
        origin_server_ts: Date.now(),
        content,
        room_id: roomId,
        position: tick(),
        ...(stateKey === undefined ? {} : { state_key: stateKey }),
        ...(redacts === undefined ? {} : { redacts }),
        ...(before === undefined ? {} : { unsigned: { prev_content: before.content } }),
      };
      room.events.push(event);
      if (stateKey !== undefined) room.state.set(`${type}|${stateKey}`, event);
      return event;
    },
    setMembership(roomId, userId, membership, by = userId, extra = {}) {
      const name = names.get(userId);
      const content = { membership, ...(name === undefined ? {} : { displayname: name }), ...extra };
      return store.addEvent(roomId, { type: "m.room.member", sender: by, content, stateKey: userId });
    },
    redact(roomId, target, by) {
      const event = store.addEvent(roomId, {
        type: "m.room.redaction",
        sender: by,
        content: { redacts: target },
        redacts: target,
      });
      const room = rooms.get(roomId);
      if (room !== undefined)
        room.events = room.events.map((each) =>
          each.event_id === target ? { ...each, content: {}, unsigned: { redacted_because: event } } : each,
        );
      return event;
    },
    membership(roomId, userId) {
      const content = rooms.get(roomId)?.state.get(`m.room.member|${userId}`)?.content;
      return content === undefined ? undefined : String(content["membership"]);
    },
  };
  return store;
}
