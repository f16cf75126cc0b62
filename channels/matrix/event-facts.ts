import type { ChannelState } from "../../src/core/channel.ts";
import { createBoundedList } from "../_shared/bounded-list.ts";
import { createLanes } from "../_shared/lanes.ts";
import { clientPath, type MatrixApi } from "./api.ts";
import { isRoomEvent, pickThread, readRelation, type RoomEvent } from "./event.ts";
import type { EventFacts } from "./parse.ts";

/** Who wrote an event and where it stands, for what is said about it later. */
export interface EventLog {
  /** Resolves once it is stored what a redaction would wipe out. */
  note(event: RoomEvent): Promise<void>;
  /** Undefined when the server does not have the event, or does not show it to us. */
  find(roomId: string, eventId: string, signal: AbortSignal): Promise<EventFacts | undefined>;
  /** The event itself, as the server has it. */
  load(roomId: string, eventId: string, signal: AbortSignal): Promise<RoomEvent | undefined>;
}

interface Entry {
  readonly id: string;
  readonly thread?: string;
  readonly reactedTo?: string;
}

const maxInMemory = 2_000;
const maxStored = 250;

export function createEventLog(api: MatrixApi, state: ChannelState): EventLog {
  const recent = new Map<string, EventFacts>();
  const lanes = createLanes();
  const stored = createBoundedList<Entry>(state, "events", maxStored, ({ id }) => id);

  function remember(eventId: string, facts: EventFacts): EventFacts {
    recent.delete(eventId);
    recent.set(eventId, facts);
    const [oldest] = recent.size > maxInMemory ? recent.keys() : [];
    if (oldest !== undefined) recent.delete(oldest);
    return facts;
  }

  async function load(roomId: string, eventId: string, signal: AbortSignal): Promise<RoomEvent | undefined> {
    const answer = await api.ask(clientPath`/rooms/${roomId}/event/${eventId}`, { signal, pauseKey: "event" });
    if (!answer.ok && answer.status !== 404 && answer.status !== 403) throw answer.error;
    const event: unknown = answer.body;
    return answer.ok && isRoomEvent(event) ? event : undefined;
  }

  return {
    load,
    async note(event) {
      const isKnown = recent.has(event.event_id);
      const facts = parseFacts(event);
      // A reaction stands where stands what it was put on.
      const thread = facts.thread ?? (facts.reactedTo === undefined ? undefined : recent.get(facts.reactedTo)?.thread);
      const { sender: _sender, ...rest } = remember(
        event.event_id,
        thread === undefined ? facts : { ...facts, thread },
      );
      if (!isKnown && (rest.thread !== undefined || rest.reactedTo !== undefined))
        await lanes.run("list", () => stored.put({ id: event.event_id, ...rest }));
    },
    async find(roomId, eventId, signal) {
      const known = recent.get(eventId);
      if (known !== undefined) return known;
      const event = await load(roomId, eventId, signal);
      if (event === undefined) return undefined;
      // A redacted event has lost its relations.
      const entry = (await stored.load()).find(({ id }) => id === eventId);
      const { id: _id, ...kept } = entry ?? { id: eventId };
      return remember(eventId, { ...parseFacts(event), ...kept });
    },
  };
}

function parseFacts({ sender, type, content }: RoomEvent): EventFacts {
  const thread = pickThread(content);
  const reactedTo = type === "m.reaction" ? readRelation(content).eventId : undefined;
  return {
    sender,
    ...(thread === undefined ? {} : { thread }),
    ...(reactedTo === undefined ? {} : { reactedTo }),
  };
}
