import { clientPath, type MatrixApi } from "./api.ts";
import { isRoomEvent, type RoomEvent } from "./event.ts";

const pageSize = 100;
/** More than this is not read of what a room has said meanwhile. */
const maxPages = 20;

export interface Gap {
  /** Oldest first. */
  readonly events: readonly RoomEvent[];
  /** Was there more than could be read? */
  readonly isCut: boolean;
}

/**
 * What a sync left out of a room: everything between `to`, the token of the sync before, and `from`, where the sync's
 * timeline begins. Reading ends early at the event that `isStart` names.
 */
export async function loadGap(
  api: MatrixApi,
  roomId: string,
  { from, to }: { readonly from: string; readonly to: string },
  isStart: (event: RoomEvent) => boolean,
  signal: AbortSignal,
): Promise<Gap> {
  const found: RoomEvent[] = [];
  let next: string | undefined = from;
  for (let page = 0; next !== undefined; page += 1) {
    if (page >= maxPages) return { events: found.toReversed(), isCut: true };
    const query = new URLSearchParams({
      dir: "b",
      from: next,
      to,
      limit: String(pageSize),
      filter: JSON.stringify({ lazy_load_members: true }),
    });
    const path = `${clientPath`/rooms/${roomId}/messages`}?${query.toString()}`;
    const answer = await api.ask(path, { signal, pauseKey: `messages/${roomId}` });
    // We may not look at what was before we came.
    if (!answer.ok && (answer.status === 403 || answer.status === 404)) break;
    if (!answer.ok) return { events: found.toReversed(), isCut: true };
    const { chunk, end } = answer.body;
    const events = (Array.isArray(chunk) ? chunk : []).filter(isRoomEvent);
    const start = events.findIndex(isStart);
    found.push(...(start === -1 ? events : events.slice(0, start + 1)));
    next = start === -1 && typeof end === "string" && events.length > 0 && end !== next ? end : undefined;
  }
  return { events: found.toReversed(), isCut: false };
}
