import type { Device, Json, MatrixStore, StoredEvent, StoredRoom } from "./fake-matrix-store.ts";

export const formatToken = (position: number): string => `s${position}`;
export const parseToken = (token: string | undefined): number | undefined =>
  token === undefined ? undefined : Number(token.slice(1));

/** Without what only the store needs. */
export function showEvent({ position: _position, room_id: _roomId, ...event }: StoredEvent): Json {
  return event;
}

/** The answer to /sync: https://spec.matrix.org/latest/client-server-api/#get_matrixclientv3sync */
export function formatSync(store: MatrixStore, device: Device, since: number | undefined, limit: number): Json {
  const { userId } = device;
  const from = since ?? 0;
  const join: Record<string, unknown> = {};
  const invite: Record<string, unknown> = {};
  const leave: Record<string, unknown> = {};
  for (const room of store.rooms.values()) {
    const member = room.state.get(`m.room.member|${userId}`);
    const membership = member?.content["membership"];
    if (membership === "join") {
      const shown = formatRoom(room, userId, since, limit);
      if (shown !== undefined) join[room.id] = shown;
    } else if (member !== undefined && member.position > from) {
      if (membership === "invite") invite[room.id] = { invite_state: { events: formatInvite(room, userId) } };
      else if (since !== undefined) leave[room.id] = { timeline: { events: [], limited: false } };
    }
  }
  // A token confirms what was handed out up to it.
  if (!device.isHeld) device.inbox = device.inbox.filter(({ position }) => position > from);
  const data = [...store.accountData].filter(([key, { position }]) => key.startsWith(`${userId}|`) && position > from);
  const changed = store.identityChanges.filter(
    ({ position, userId: other }) => position > from && shareRoom(store, userId, other),
  );
  return {
    next_batch: formatToken(store.position()),
    rooms: { join, invite, leave },
    account_data: { events: data.map(([key, { content }]) => ({ type: key.split("|")[1], content })) },
    to_device: { events: device.isHeld ? [] : device.inbox.map(({ event }) => event) },
    device_lists: { changed: [...new Set(changed.map((each) => each.userId))], left: [] },
    device_one_time_keys_count: { signed_curve25519: device.oneTimeKeys.size },
    device_unused_fallback_key_types: Object.keys(device.fallbackKeys).length > 0 ? ["signed_curve25519"] : [],
  };
}

/** Is there anything that a waiting sync should be answered with? */
export function isNews(answer: Json): boolean {
  const {
    rooms,
    to_device: inbox,
    device_lists: lists,
    account_data: data,
  } = answer as {
    rooms: Record<string, Json>;
    to_device: { events: unknown[] };
    device_lists: { changed: unknown[] };
    account_data: { events: unknown[] };
  };
  const isRoomNews = Object.values(rooms).some((each) => Object.keys(each).length > 0);
  return isRoomNews || inbox.events.length > 0 || lists.changed.length > 0 || data.events.length > 0;
}

function formatRoom(room: StoredRoom, userId: string, since: number | undefined, limit: number): Json | undefined {
  const joinedAt = room.events.findLast(
    ({ type, state_key: stateKey, content, unsigned }) =>
      type === "m.room.member" &&
      stateKey === userId &&
      content["membership"] === "join" &&
      (unsigned?.["prev_content"] as Json | undefined)?.["membership"] !== "join",
  );
  const isNew = since === undefined || (joinedAt?.position ?? 0) > since;
  const news = room.events.filter(({ position }) => isNew || position > since);
  if (news.length === 0) return undefined;
  const timeline = news.slice(-limit);
  const start = timeline[0]?.position ?? 0;
  const before = isNew
    ? [...room.state.values()].filter(({ position }) => position < start)
    : news.slice(0, -timeline.length).filter(({ state_key: stateKey }) => stateKey !== undefined);
  return {
    timeline: {
      events: timeline.map(showEvent),
      limited: timeline.length < news.length || (isNew && since !== undefined),
      prev_batch: formatToken(start - 1),
    },
    state: { events: before.map(showEvent) },
    ephemeral: { events: [] },
    account_data: { events: [] },
    summary: {},
  };
}

function formatInvite(room: StoredRoom, userId: string): readonly Json[] {
  const shown = [...room.state.values()].filter(
    ({ type, state_key: stateKey }) => type !== "m.room.member" || stateKey === userId,
  );
  return shown.map(({ type, state_key, content, sender }) => ({ type, state_key, content, sender }));
}

function shareRoom(store: MatrixStore, one: string, other: string): boolean {
  return [...store.rooms.keys()].some((roomId) =>
    [one, other].every((userId) => ["join", "invite"].includes(store.membership(roomId, userId) ?? "")),
  );
}
