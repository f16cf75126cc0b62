import type { Json } from "./api.ts";
import { isObject, isRoomEvent, pickThread, type RoomEvent } from "./event.ts";
import { loadGap } from "./gap.ts";
import { handleEvent } from "./receive.ts";
import type { Intake } from "./session.ts";

/** The latest event of a place, for the read receipt. */
export interface ReadMark {
  readonly roomId: string;
  readonly eventId: string;
  readonly thread?: string;
}

/** A room under `rooms.join` of a sync. */
interface JoinedRoom {
  readonly state: readonly unknown[];
  readonly timeline: readonly RoomEvent[];
  readonly isLimited: boolean;
  readonly prevBatch: string | undefined;
}

/**
 * Hands over what was said in a room, in order. `since` is the token of the sync before; without it, this is the first
 * one ever, and what was said before we came is nobody's question to us. Rejects when something was not stored.
 */
export async function handleRoom(
  roomId: string,
  given: unknown,
  since: string | undefined,
  intake: Intake,
): Promise<readonly ReadMark[]> {
  const room = parseRoom(given);
  const { rooms, context, signal } = intake;
  for (const event of room.state) noteState(roomId, event, intake);
  if (since === undefined) {
    for (const event of room.timeline) noteState(roomId, event, intake);
    return [];
  }
  let events = room.timeline;
  if (room.isLimited && room.prevBatch !== undefined) {
    rooms.forgetMembers(roomId);
    const window = { from: room.prevBatch, to: since };
    const gap = await loadGap(intake.api, roomId, window, (event) => isOurBeginning(event, intake), signal);
    if (gap.isCut)
      context.log.error(
        { room: roomId },
        "More was said in a room than can be read afterwards; the oldest is left out",
      );
    events = [...gap.events, ...events];
  }
  const marks = new Map<string | undefined, ReadMark>();
  for (const event of events.slice(findBeginning(events, intake))) {
    noteState(roomId, event, intake);
    await handleEvent(event, roomId, intake);
    if (event.state_key !== undefined || event.sender === intake.me.userId) continue;
    const thread = pickThread(event.content);
    marks.set(thread, { roomId, eventId: event.event_id, ...(thread === undefined ? {} : { thread }) });
  }
  return [...marks.values()];
}

function noteState(roomId: string, event: unknown, { rooms, invites, signal }: Intake): void {
  if (!isObject(event) || typeof event["state_key"] !== "string" || !isObject(event["content"])) return;
  const type = String(event["type"]);
  rooms.noteState(roomId, { type, state_key: event["state_key"], content: event["content"] });
  if (type === "m.room.tombstone") invites.follow(event["content"], signal);
}

/** Where our part in the conversation begins: with the invitation, or with our coming where there was none. */
function isOurBeginning(event: RoomEvent, { me }: Intake): boolean {
  return event.type === "m.room.member" && event.state_key === me.userId && event.content["membership"] === "invite";
}

/** What was said before is left out. Everything counts when we have been there all the time. */
function findBeginning(events: readonly RoomEvent[], intake: Intake): number {
  const invited = events.findLastIndex((event) => isOurBeginning(event, intake));
  if (invited !== -1) return invited;
  return Math.max(
    0,
    events.findLastIndex((event) => isOurArrival(event, intake)),
  );
}

/** A change of our name is a membership event, too. */
function isOurArrival({ type, state_key: stateKey, content, unsigned }: RoomEvent, { me }: Intake): boolean {
  if (type !== "m.room.member" || stateKey !== me.userId || content["membership"] !== "join") return false;
  const before = (unsigned as Json | undefined)?.["prev_content"];
  return !isObject(before) || before["membership"] !== "join";
}

function parseRoom(given: unknown): JoinedRoom {
  const room = isObject(given) ? given : {};
  const timeline = isObject(room["timeline"]) ? room["timeline"] : {};
  const state = isObject(room["state"]) ? room["state"]["events"] : undefined;
  const { events, limited, prev_batch: prevBatch } = timeline;
  return {
    state: Array.isArray(state) ? state : [],
    timeline: Array.isArray(events) ? events.filter(isRoomEvent) : [],
    isLimited: limited === true,
    prevBatch: typeof prevBatch === "string" ? prevBatch : undefined,
  };
}
