const kinds = ["run", "approval", "reset"];
const comeBackMs = 3_000;

/**
 * Listens to what the server tells of runs and their questions, from now on; comes back where it is sent away. A page
 * that nobody sees listens to nothing: a browser has few connections for all its pages. Refs of questions and of resets
 * are told as "": any run may be meant.
 */
export function listenToRuns(onEvent: (ref: string) => void, onHeard: (isHeard: boolean) => void): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function open(): void {
    const opened = new EventSource("/api/events");
    source = opened;
    opened.addEventListener("open", () => onHeard(true));
    opened.addEventListener("error", () => {
      onHeard(false);
      // Otherwise the browser comes back by itself.
      if (opened.readyState === EventSource.CLOSED) timer = setTimeout(open, comeBackMs);
    });
    for (const kind of kinds)
      opened.addEventListener(kind, (event: MessageEvent<string>) =>
        onEvent(kind === "run" ? readRef(event.data) : ""),
      );
  }

  function stop(): void {
    clearTimeout(timer);
    source?.close();
  }

  function update(): void {
    stop();
    if (document.visibilityState === "visible") open();
  }

  update();
  document.addEventListener("visibilitychange", update);
  return () => {
    document.removeEventListener("visibilitychange", update);
    stop();
  };
}

function readRef(data: string): string {
  try {
    return (JSON.parse(data) as { readonly ref?: string }).ref ?? "";
  } catch {
    return "";
  }
}
