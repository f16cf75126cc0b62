import { useEffect, useRef, useState } from "preact/hooks";
import type { Reply } from "../inbox/desk-client.ts";
import { listenToRuns } from "./listen-to-runs.ts";
import { openLive, type Live } from "./live-value.ts";

/** A value of the server's, kept as it is there. `key` says which one: with another key it is read anew. */
export function useLive<T>(
  key: string,
  load: () => Promise<Reply<T>>,
  isWanted: (ref: string) => boolean,
): Live<T> & { readonly reload: () => void } {
  const [live, setLive] = useState<Live<T>>({ isLost: false });
  const opened = useRef<{ reload(): void }>(undefined);

  useEffect(() => {
    setLive({ isLost: false });
    const own = openLive<T>({
      load,
      isWanted: (ref) => ref === "" || isWanted(ref),
      listen: listenToRuns,
      setTimer(run, delayMs) {
        const timer = setTimeout(run, delayMs);
        return () => clearTimeout(timer);
      },
      onChange: setLive,
    });
    opened.current = own;
    return () => own.close();
  }, [key]);

  return { ...live, reload: () => opened.current?.reload() };
}
