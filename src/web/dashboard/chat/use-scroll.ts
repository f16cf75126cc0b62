import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { WireEntry } from "../../../../channels/webchat/protocol.ts";

export interface Scroll {
  readonly ref: RefObject<HTMLDivElement | null>;
  readonly hasNew: boolean;
  readonly onScroll: () => void;
  readonly toBottom: () => void;
}

const nearPx = 48;

/** Stays at the bottom unless the reader has scrolled up; keeps the place when earlier entries come in above. */
export function useScroll(entries: readonly WireEntry[], change: string): Scroll {
  const ref = useRef<HTMLDivElement>(null);
  const isAtBottom = useRef(true);
  const shown = useRef<{
    readonly first: string | undefined;
    readonly last: string | undefined;
    readonly height: number;
  }>(undefined);
  const [hasNew, setHasNew] = useState(false);

  function toBottom(): void {
    const element = ref.current;
    if (element === null) return;
    isAtBottom.current = true;
    element.scrollTop = element.scrollHeight;
    setHasNew(false);
  }

  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const before = shown.current;
    const [first, last] = [entries[0]?.id, entries.at(-1)];
    const isOwn = last?.direction === "in" && last.id !== before?.last;
    if (isAtBottom.current || (before !== undefined && isOwn)) toBottom();
    else if (before !== undefined && before.first !== first) element.scrollTop += element.scrollHeight - before.height;
    else if (before !== undefined && before.last !== last?.id) setHasNew(true);
    shown.current = { first, last: last?.id, height: element.scrollHeight };
  }, [entries, change]);

  // Pictures and coloured code change the height later on, a keyboard that slides in changes the window.
  useEffect(() => {
    const element = ref.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => isAtBottom.current && toBottom());
    observer.observe(element);
    if (element.firstElementChild !== null) observer.observe(element.firstElementChild);
    return () => observer.disconnect();
  }, []);

  return {
    ref,
    hasNew,
    toBottom,
    onScroll() {
      const element = ref.current;
      if (element === null) return;
      isAtBottom.current = element.scrollHeight - element.scrollTop - element.clientHeight < nearPx;
      if (isAtBottom.current) setHasNew(false);
    },
  };
}
