import type { Reply } from "./desk-client.ts";
import type { Inbox } from "./desk-types.ts";

const gatherMs = 120;
const comeBackMs = 3_000;

export interface EventHandlers {
  onOpen(): void;
  onEvent(seq: number): void;
  /** `isOver`: the browser does not come back by itself. */
  onLost(isOver: boolean): void;
}

export interface InboxFeedOptions {
  load(): Promise<Reply<Inbox>>;
  /** Listens from the event `after` on; the returned function ends it. */
  listen(after: number, handlers: EventHandlers): () => void;
  /** The returned function takes it back. */
  setTimer(run: () => void, delayMs: number): () => void;
  onInbox(inbox: Inbox): void;
  /** "absent": there is no desk on this server. */
  onState(state: FeedState): void;
  /** The session has ended. */
  onSignedOut(): void;
}

export type FeedState = "connecting" | "live" | "lost" | "absent";

export interface InboxFeed {
  /** Reads the inbox anew. */
  reload(): void;
  /** A page that nobody sees listens to nothing, and reads everything anew when it is seen again. */
  setVisible(isVisible: boolean): void;
  close(): void;
}

/** Keeps the inbox as the server has it: read once, then again after each change that it tells of. */
export function createInboxFeed(options: InboxFeedOptions): InboxFeed {
  let isClosed = false;
  let isVisible = true;
  let isAbsent = false;
  let isLoading = false;
  let isStale = false;
  let seen = 0;
  let stopListening: (() => void) | undefined;
  let cancelTimer: (() => void) | undefined;

  async function load(): Promise<void> {
    if (isClosed || isAbsent) return;
    if (isLoading) {
      isStale = true;
      return;
    }
    isLoading = true;
    isStale = false;
    const reply = await options.load();
    isLoading = false;
    if (isClosed) return;
    if (reply.isDone) {
      // What was told since this was read is read again: the numbers never run back.
      if (stopListening === undefined) seen = reply.value.seq;
      options.onInbox(reply.value);
      listen();
    } else if (reply.status === 401) options.onSignedOut();
    else if (reply.status === 404) {
      isAbsent = true;
      options.onState("absent");
    } else {
      options.onState("lost");
      later(comeBackMs);
    }
    if (isStale) later(gatherMs);
  }

  function listen(): void {
    if (!isVisible || stopListening !== undefined) return;
    stopListening = options.listen(seen, {
      onOpen: () => options.onState("live"),
      onEvent(seq) {
        seen = seq;
        later(gatherMs);
      },
      onLost(isOver) {
        options.onState("lost");
        if (!isOver) return;
        stop();
        later(comeBackMs);
      },
    });
  }

  /** Changes often come several at a time: they are read together. */
  function later(delayMs: number): void {
    cancelTimer ??= options.setTimer(() => {
      cancelTimer = undefined;
      void load();
    }, delayMs);
  }

  function stop(): void {
    stopListening?.();
    stopListening = undefined;
  }

  options.onState("connecting");
  void load();
  return {
    reload: () => void load(),
    setVisible(value) {
      if (value === isVisible) return;
      isVisible = value;
      if (isVisible) void load();
      else stop();
    },
    close() {
      isClosed = true;
      stop();
      cancelTimer?.();
    },
  };
}
