/** An event of a room, as /sync and /event give it: https://spec.matrix.org/latest/client-server-api/#room-event-format */
export interface RoomEvent {
  readonly type: string;
  readonly event_id: string;
  readonly sender: string;
  readonly origin_server_ts: number;
  readonly content: Content;
  readonly state_key?: string;
  readonly redacts?: string;
  readonly unsigned?: { readonly redacted_because?: unknown };
}

export type Content = Readonly<Record<string, unknown>>;

export interface Relation {
  readonly type: string | undefined;
  readonly eventId: string | undefined;
  readonly key: string | undefined;
  /** The message that this one answers, a thread's stopgap left out. */
  readonly replyTo: string | undefined;
}

/** Events come from other people's servers: whatever is not as it should be is no event. */
export function isRoomEvent(value: unknown): value is RoomEvent {
  if (!isObject(value)) return false;
  const { type, event_id: id, sender, origin_server_ts: at, content } = value;
  return [type, id, sender].every((each) => typeof each === "string") && Number.isFinite(at) && isObject(content);
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function readText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** `m.relates_to`: https://spec.matrix.org/latest/client-server-api/#forming-relationships-between-events */
export function readRelation(content: Content): Relation {
  const given = content["m.relates_to"];
  const relation = isObject(given) ? given : {};
  const answered = relation["m.in_reply_to"];
  const replyTo = isObject(answered) ? readText(answered["event_id"]) : undefined;
  return {
    type: readText(relation["rel_type"]),
    eventId: readText(relation["event_id"]),
    key: readText(relation["key"]),
    replyTo: relation["is_falling_back"] === true ? undefined : replyTo,
  };
}

/** What an edit, a reaction or a redaction is about. */
export function pickTarget({ type, content, redacts }: RoomEvent): string | undefined {
  if (type === "m.room.redaction") return readText(content["redacts"]) ?? redacts;
  const relation = readRelation(content);
  return relation.type === "m.replace" || relation.type === "m.annotation" ? relation.eventId : undefined;
}

/** The root of the thread that the event stands in. */
export function pickThread(content: Content): string | undefined {
  const { type, eventId } = readRelation(content);
  return type === "m.thread" ? eventId : undefined;
}

/** Who is mentioned; undefined where the sender's program does not say (m.mentions is younger than many). */
export function readMentions(content: Content): readonly string[] | undefined {
  const given = content["m.mentions"];
  if (!isObject(given)) return undefined;
  const ids = given["user_ids"];
  return Array.isArray(ids) ? ids.filter((id) => typeof id === "string") : [];
}

/** The name part of "@ada:example.org". */
export function localpart(userId: string): string {
  return /^@([^:]+)/.exec(userId)?.[1] ?? userId;
}
