import { createLanes } from "../_shared/lanes.ts";
import { clientPath, type MatrixApi } from "./api.ts";
import { isObject, type Content } from "./event.ts";

/** `m.direct` of our account: which rooms are direct chats, and with whom. */
export interface Directs {
  has(roomId: string, signal: AbortSignal): Promise<boolean>;
  /** Latest first. */
  roomsWith(userId: string, signal: AbortSignal): Promise<readonly string[]>;
  add(userId: string, roomId: string, signal: AbortSignal): Promise<void>;
  /** What came with /sync. */
  note(content: Content): void;
}

type Map = Readonly<Record<string, readonly string[]>>;

export function createDirects(api: MatrixApi, me: string): Directs {
  let known: Map | undefined;
  const lanes = createLanes();
  const path = clientPath`/user/${me}/account_data/m.direct`;

  async function load(signal: AbortSignal): Promise<Map> {
    if (known !== undefined) return known;
    const answer = await api.ask(path, { signal });
    if (!answer.ok && answer.status !== 404) throw answer.error;
    known ??= parseDirects(answer.ok ? answer.body : {});
    return known;
  }

  return {
    has: async (roomId, signal) => Object.values(await load(signal)).some((rooms) => rooms.includes(roomId)),
    roomsWith: async (userId, signal) => ((await load(signal))[userId] ?? []).toReversed(),
    add: (userId, roomId, signal) =>
      lanes.run("write", async () => {
        const before = await load(signal);
        const rooms = before[userId] ?? [];
        if (rooms.includes(roomId)) return;
        const next = { ...before, [userId]: [...rooms, roomId] };
        await api.call(path, { method: "PUT", body: next, signal });
        known = next;
      }),
    note(content) {
      known = parseDirects(content);
    },
  };
}

function parseDirects(content: Content): Map {
  return Object.fromEntries(
    Object.entries(content).map(([userId, rooms]) => [
      userId,
      Array.isArray(rooms) ? rooms.filter((room) => typeof room === "string") : [],
    ]),
  );
}

/** The room of a direct chat with somebody: one that is there, or a new one, encrypted. */
export async function openDirectRoom(
  userId: string,
  api: MatrixApi,
  directs: Directs,
  signal: AbortSignal,
): Promise<string> {
  for (const roomId of await directs.roomsWith(userId, signal)) {
    const answer = await api.ask(clientPath`/rooms/${roomId}/state/m.room.member/${userId}`, { signal });
    if (answer.ok && ["join", "invite"].includes(String(answer.body["membership"]))) return roomId;
    if (!answer.ok && answer.status !== 404 && answer.status !== 403) throw answer.error;
  }
  const body = {
    preset: "trusted_private_chat",
    is_direct: true,
    invite: [userId],
    initial_state: [{ type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } }],
  };
  const { room_id: roomId } = await api.call(clientPath`/createRoom`, { body, signal, effect: "send" });
  if (!isObject({ roomId }) || typeof roomId !== "string") throw new TypeError("The server names no room.");
  await directs.add(userId, roomId, signal);
  return roomId;
}
