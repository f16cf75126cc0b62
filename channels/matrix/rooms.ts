import type { Crypto } from "./crypto.ts";
import { clientPath, type MatrixApi } from "./api.ts";
import { isObject, localpart, readText, type Content } from "./event.ts";

/** `m.room.encryption` of a room. */
export interface Encryption {
  readonly rotationMs?: number;
  readonly rotationMessages?: number;
}

/** What the adapter has to know of the rooms it is in; asked for once, then followed by what comes with /sync. */
export interface Rooms {
  /** Undefined: not encrypted. A room that was encrypted once stays so, whatever the server says later. */
  encryption(roomId: string, signal: AbortSignal): Promise<Encryption | undefined>;
  /** Those who may read what is written now. */
  recipients(roomId: string, signal: AbortSignal): Promise<readonly string[]>;
  /** How many are there or invited, ourselves included. */
  size(roomId: string, signal: AbortSignal): Promise<number>;
  memberName(roomId: string, userId: string, signal: AbortSignal): Promise<string>;
  name(roomId: string, signal: AbortSignal): Promise<string | undefined>;
  noteState(
    roomId: string,
    event: { readonly type: string; readonly state_key?: string; readonly content: Content },
  ): void;
  /** Changes may have been left out: ask anew for who is there. */
  forgetMembers(roomId: string): void;
  forget(roomId: string): void;
}

interface Member {
  readonly name: string;
  readonly isInvited: boolean;
}

interface Room {
  encryption?: Encryption | null;
  name?: string | null;
  visibility?: string;
  members?: Map<string, Member>;
}

export function createRooms(api: MatrixApi, crypto: Crypto): Rooms {
  const rooms = new Map<string, Room>();
  const { library, machine } = crypto;

  function room(roomId: string): Room {
    const known = rooms.get(roomId);
    if (known !== undefined) return known;
    const made: Room = {};
    rooms.set(roomId, made);
    return made;
  }

  /** Undefined when there is none. */
  async function loadState(roomId: string, type: string, signal: AbortSignal): Promise<Content | undefined> {
    const answer = await api.ask(clientPath`/rooms/${roomId}/state/${type}/`, { signal });
    if (answer.ok) return answer.body;
    if (answer.status === 404 || answer.status === 403) return undefined;
    throw answer.error;
  }

  async function members(roomId: string, signal: AbortSignal): Promise<ReadonlyMap<string, Member>> {
    const known = room(roomId).members;
    if (known !== undefined) return known;
    const path = clientPath`/rooms/${roomId}/members`;
    const answer = await api.ask(path, { signal, timeoutMs: 120_000, pauseKey: "members" });
    // We may have been put out a moment ago: the next sync will say so.
    if (!answer.ok) return new Map();
    const { chunk } = answer.body;
    const found = new Map<string, Member>();
    for (const event of Array.isArray(chunk) ? chunk : []) if (isObject(event)) noteMember(found, event);
    room(roomId).members = found;
    return found;
  }

  async function rememberEncryption(roomId: string, encryption: Encryption): Promise<void> {
    const settings = new library.RoomSettings();
    settings.algorithm = library.EncryptionAlgorithm.MegolmV1AesSha2;
    settings.sessionRotationPeriodMs = encryption.rotationMs ?? null;
    settings.sessionRotationPeriodMessages = encryption.rotationMessages ?? null;
    await machine.setRoomSettings(new library.RoomId(roomId), settings);
  }

  return {
    async encryption(roomId, signal) {
      const known = room(roomId);
      const stored = await machine.getRoomSettings(new library.RoomId(roomId));
      if (known.encryption === undefined) {
        const content = await loadState(roomId, "m.room.encryption", signal);
        known.encryption = content === undefined ? null : parseEncryption(content);
      }
      if (known.encryption !== null && stored === undefined) await rememberEncryption(roomId, known.encryption);
      return known.encryption ?? (stored === undefined ? undefined : {});
    },
    async recipients(roomId, signal) {
      const found = await members(roomId, signal);
      const {
        visibility = readText((await loadState(roomId, "m.room.history_visibility", signal))?.["history_visibility"]) ??
          "shared",
      } = room(roomId);
      room(roomId).visibility = visibility;
      const isOpen = visibility !== "joined";
      return [...found].flatMap(([id, { isInvited }]) => (isInvited && !isOpen ? [] : [id]));
    },
    size: async (roomId, signal) => (await members(roomId, signal)).size,
    memberName: async (roomId, userId, signal) =>
      (await members(roomId, signal)).get(userId)?.name ?? localpart(userId),
    async name(roomId, signal) {
      const known = room(roomId);
      if (known.name === undefined)
        known.name = readText((await loadState(roomId, "m.room.name", signal))?.["name"]) ?? null;
      return known.name === null || known.name === "" ? undefined : known.name;
    },
    noteState(roomId, event) {
      const known = room(roomId);
      if (event.type === "m.room.encryption" && event.state_key === "")
        known.encryption = parseEncryption(event.content);
      if (event.type === "m.room.name" && event.state_key === "") known.name = readText(event.content["name"]) ?? null;
      if (event.type === "m.room.history_visibility" && event.state_key === "")
        known.visibility = readText(event.content["history_visibility"]) ?? "shared";
      if (event.type === "m.room.member" && known.members !== undefined) noteMember(known.members, event);
    },
    forgetMembers(roomId) {
      delete room(roomId).members;
    },
    forget: (roomId) => void rooms.delete(roomId),
  };
}

function noteMember(members: Map<string, Member>, event: Readonly<Record<string, unknown>>): void {
  const { state_key: userId, content } = event;
  if (typeof userId !== "string" || !isObject(content)) return;
  const { membership, displayname: name } = content;
  const isThere = membership === "join" || membership === "invite";
  if (!isThere) members.delete(userId);
  else
    members.set(userId, {
      name: typeof name === "string" && name.trim() !== "" ? name : localpart(userId),
      isInvited: membership === "invite",
    });
}

function parseEncryption(content: Content): Encryption {
  const count = (value: unknown): number | undefined =>
    typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : undefined;
  const rotationMs = count(content["rotation_period_ms"]);
  const rotationMessages = count(content["rotation_period_msgs"]);
  return {
    ...(rotationMs === undefined ? {} : { rotationMs }),
    ...(rotationMessages === undefined ? {} : { rotationMessages }),
  };
}
