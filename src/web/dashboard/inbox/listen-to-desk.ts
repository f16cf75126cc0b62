import type { EventHandlers } from "./inbox-feed.ts";

/** All but those of runs: no part of the inbox changes with them alone. */
const kinds = ["decision", "draft", "follow-up", "promise", "digest", "approval", "rule", "style", "reset"];

/** Listens to the server's events with the browser's own client, which comes back with the last number it had. */
export function listenToDesk(after: number, handlers: EventHandlers): () => void {
  const source = new EventSource(`/api/events?after=${after}`);
  const onEvent = (event: MessageEvent): void => handlers.onEvent(Number(event.lastEventId));
  source.addEventListener("open", () => handlers.onOpen());
  source.addEventListener("error", () => handlers.onLost(source.readyState === EventSource.CLOSED));
  for (const kind of kinds) source.addEventListener(kind, onEvent);
  return () => source.close();
}
