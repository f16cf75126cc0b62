import { formatToken, parseToken, showEvent } from "./fake-matrix-sync.ts";
import type { Device, Json, MatrixStore } from "./fake-matrix-store.ts";

export interface Call {
  readonly method: string;
  /** Path segments behind /_matrix/client/v3, decoded. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly body: Json;
  readonly device: Device;
}

export interface Answer {
  readonly status: number;
  readonly body: Json;
}

export const ok = (body: Json = {}): Answer => ({ status: 200, body });
export const refuse = (status: number, errcode: string, extra: Json = {}): Answer => ({
  status,
  body: { errcode, error: "As the fake has it.", ...extra },
});

/** Transaction ids that were seen, by device; the same one again is the same event. */
export type Transactions = Map<string, string>;

/** Rooms: https://spec.matrix.org/latest/client-server-api/#rooms */
export function answerRooms(call: Call, store: MatrixStore, transactions: Transactions): Answer | undefined {
  const { method, path, query, body, device } = call;
  const { userId } = device;
  const [area, roomId = "", what, ...rest] = path;
  if (area === "createRoom") {
    const room = store.createRoom(
      userId,
      (body["initial_state"] ?? []) as readonly Json[],
      (body["invite"] ?? []) as readonly string[],
      body["is_direct"] === true,
    );
    return ok({ room_id: room.id });
  }
  if (area === "join" || (area === "rooms" && what === "join")) {
    const isOpen = store.rooms.get(roomId)?.state.get("m.room.join_rules|")?.content["join_rule"] === "public";
    if (!isOpen && !["invite", "join"].includes(store.membership(roomId, userId) ?? ""))
      return refuse(403, "M_FORBIDDEN");
    store.setMembership(roomId, userId, "join");
    return ok({ room_id: roomId });
  }
  if (area !== "rooms") return undefined;
  const room = store.rooms.get(roomId);
  if (what === "leave") {
    store.setMembership(roomId, userId, "leave");
    return ok();
  }
  if (room === undefined || store.membership(roomId, userId) !== "join") return refuse(403, "M_FORBIDDEN");
  if (what === "send" && method === "PUT") {
    const [type = "", txnId = ""] = rest;
    const key = `${device.token}|${roomId}|${txnId}`;
    const relation = body["m.relates_to"] as Json | undefined;
    const isDouble =
      type === "m.reaction" &&
      room.events.some(
        (event) =>
          event.type === type &&
          event.sender === userId &&
          JSON.stringify(event.content["m.relates_to"]) === JSON.stringify(relation),
      );
    const known = transactions.get(key);
    if (known === undefined && isDouble) return refuse(400, "M_DUPLICATE_ANNOTATION");
    const eventId = known ?? store.addEvent(roomId, { type, sender: userId, content: body }).event_id;
    transactions.set(key, eventId);
    return ok({ event_id: eventId });
  }
  if (what === "redact") return ok({ event_id: store.redact(roomId, rest[0] ?? "", userId).event_id });
  if (what === "invite") {
    store.setMembership(roomId, String(body["user_id"]), "invite", userId);
    return ok();
  }
  if (what === "event") {
    const event = room.events.find(({ event_id: id }) => id === rest[0]);
    return event === undefined ? refuse(404, "M_NOT_FOUND") : ok(showEvent(event));
  }
  if (what === "members") {
    const members = [...room.state.values()].filter(({ type }) => type === "m.room.member");
    return ok({ chunk: members.map(showEvent) });
  }
  if (what === "state") {
    const [type = "", stateKey = ""] = rest;
    if (method === "PUT") {
      const event = store.addEvent(roomId, { type, sender: userId, content: body, stateKey });
      return ok({ event_id: event.event_id });
    }
    const event = room.state.get(`${type}|${stateKey}`);
    return event === undefined ? refuse(404, "M_NOT_FOUND") : ok(event.content);
  }
  if (what === "messages") {
    const from = parseToken(query.get("from") ?? undefined) ?? store.position();
    const to = parseToken(query.get("to") ?? undefined) ?? 0;
    const found = room.events.filter(({ position }) => position <= from && position > to).toReversed();
    const page = found.slice(0, Number(query.get("limit") ?? 10));
    const last = page.at(-1);
    const isMore = found.length > page.length && last !== undefined;
    return ok({
      chunk: page.map(showEvent),
      start: formatToken(from),
      ...(isMore ? { end: formatToken(last.position - 1) } : {}),
    });
  }
  if (what === "typing" || what === "receipt" || what === "read_markers") return ok();
  return undefined;
}

/** Keys: https://spec.matrix.org/latest/client-server-api/#end-to-end-encryption */
export function answerKeys(call: Call, store: MatrixStore): Answer | undefined {
  const { path, body, device } = call;
  const route = path.slice(0, 3).join("/");
  const devicesOf = (userId: string): Device[] => [...store.devices.values()].filter((each) => each.userId === userId);
  if (route === "keys/upload") {
    const {
      device_keys: keys,
      one_time_keys: oneTime,
      fallback_keys: fallback,
    } = body as Record<string, Json | undefined>;
    if (keys !== undefined) {
      device.keys = keys;
      store.identityChanges.push({ position: store.tick(), userId: device.userId });
    }
    for (const [id, key] of Object.entries(oneTime ?? {})) device.oneTimeKeys.set(id, key);
    if (fallback !== undefined) device.fallbackKeys = fallback;
    return ok({ one_time_key_counts: { signed_curve25519: device.oneTimeKeys.size } });
  }
  if (route === "keys/query") {
    const users = Object.keys(body["device_keys"] ?? {});
    const identities = (kind: string): Json =>
      Object.fromEntries(
        users.flatMap((userId) => {
          const key = store.identities.get(userId)?.[kind];
          return key === undefined || (kind === "user_signing_key" && userId !== device.userId) ? [] : [[userId, key]];
        }),
      );
    return ok({
      device_keys: Object.fromEntries(
        users.map((userId) => [
          userId,
          Object.fromEntries(
            devicesOf(userId).flatMap((each) => (each.keys === undefined ? [] : [[each.deviceId, each.keys]])),
          ),
        ]),
      ),
      master_keys: identities("master_key"),
      self_signing_keys: identities("self_signing_key"),
      user_signing_keys: identities("user_signing_key"),
      failures: {},
    });
  }
  if (route === "keys/claim") {
    const claimed: Record<string, Record<string, unknown>> = {};
    for (const [userId, wanted] of Object.entries(body["one_time_keys"] as Record<string, Json>))
      for (const deviceId of Object.keys(wanted)) {
        const owner = devicesOf(userId).find((each) => each.deviceId === deviceId);
        const [entry] = owner === undefined ? [] : owner.oneTimeKeys;
        if (entry !== undefined) owner?.oneTimeKeys.delete(entry[0]);
        const key = entry === undefined ? owner?.fallbackKeys : { [entry[0]]: entry[1] };
        if (key !== undefined) (claimed[userId] ??= {})[deviceId] = key;
      }
    return ok({ one_time_keys: claimed, failures: {} });
  }
  if (route === "keys/device_signing/upload") {
    store.identities.set(device.userId, body);
    store.identityChanges.push({ position: store.tick(), userId: device.userId });
    return ok();
  }
  if (route === "keys/signatures/upload") {
    mergeSignatures(body, store);
    return ok({ failures: {} });
  }
  if (path[0] === "sendToDevice") {
    const messages = (body["messages"] ?? {}) as Record<string, Record<string, Json>>;
    for (const [userId, byDevice] of Object.entries(messages))
      for (const [deviceId, content] of Object.entries(byDevice))
        for (const target of devicesOf(userId))
          if (deviceId === "*" || deviceId === target.deviceId)
            target.inbox.push({ position: store.tick(), event: { type: path[1], sender: device.userId, content } });
    return ok();
  }
  return undefined;
}

function mergeSignatures(body: Json, store: MatrixStore): void {
  const merge = (into: Json, from: Json): Json => {
    const before = (into["signatures"] ?? {}) as Record<string, Json>;
    const added = Object.entries((from["signatures"] ?? {}) as Record<string, Json>);
    const signatures = Object.fromEntries(added.map(([userId, more]) => [userId, { ...before[userId], ...more }]));
    return { ...into, signatures: { ...before, ...signatures } };
  };
  for (const [userId, signed] of Object.entries(body as Record<string, Record<string, Json>>)) {
    for (const [id, value] of Object.entries(signed)) {
      const device = [...store.devices.values()].find((each) => each.userId === userId && each.deviceId === id);
      if (device?.keys !== undefined) device.keys = merge(device.keys, value);
      const identity = store.identities.get(userId);
      for (const [kind, key] of Object.entries(identity ?? {})) {
        const isIt = Object.keys((key as Json)["keys"] ?? {}).includes(`ed25519:${id}`);
        if (isIt) store.identities.set(userId, { ...store.identities.get(userId), [kind]: merge(key as Json, value) });
      }
    }
    store.identityChanges.push({ position: store.tick(), userId });
  }
}
