import { useEffect, useRef } from "preact/hooks";
import { focusCard } from "./use-card-keys.ts";

/** When the card in focus is answered and goes, the one that takes its place has the focus. */
export function useKeptFocus(ids: readonly string[]): void {
  const last = useRef<{ readonly id: string; readonly index: number }>(undefined);

  useEffect(() => {
    function onFocus(event: FocusEvent): void {
      const card = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-card]") : null;
      const id = card?.dataset["card"];
      last.current = id === undefined ? undefined : { id, index: listCards().findIndex((each) => each === card) };
    }
    document.addEventListener("focusin", onFocus);
    return () => document.removeEventListener("focusin", onFocus);
  }, []);

  useEffect(() => {
    const before = last.current;
    if (before === undefined || ids.includes(before.id)) return;
    if (document.activeElement !== document.body && document.activeElement !== null) return;
    const cards = listCards();
    last.current = undefined;
    focusCard(cards[Math.min(before.index, cards.length - 1)] ?? document.getElementById("main") ?? undefined);
  }, [ids.join(" ")]);
}

function listCards(): readonly HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>("[data-card]")];
}
