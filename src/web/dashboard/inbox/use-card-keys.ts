import { useEffect } from "preact/hooks";

const steps: Readonly<Record<string, number>> = { j: 1, k: -1 };

/** Keys of the inbox: j and k go from card to card, a letter on a button of the card in focus presses it. */
export function useCardKeys(onHelp: () => void): void {
  useEffect(() => {
    function onKey(event: KeyboardEvent): void {
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
      if (!(event.target instanceof Element) || isTaken(event.target)) return;
      if (event.key === "?") onHelp();
      else if (steps[event.key] !== undefined) go(steps[event.key] ?? 0);
      else if (!press(event.key)) return;
      event.preventDefault();
    }
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [onHelp]);
}

/** Somebody writes there, or a dialog has the floor. */
function isTaken(target: Element): boolean {
  return target.closest("input, textarea, select, [contenteditable], dialog[open]") !== null;
}

function cardInFocus(): HTMLElement | null {
  return document.activeElement?.closest<HTMLElement>("[data-card]") ?? null;
}

function go(step: number): void {
  const cards = [...document.querySelectorAll<HTMLElement>("[data-card]")];
  const current = cardInFocus();
  const index = current === null ? (step > 0 ? 0 : cards.length - 1) : cards.indexOf(current) + step;
  focusCard(cards[Math.max(0, Math.min(cards.length - 1, index))]);
}

export function focusCard(card: HTMLElement | undefined): void {
  card?.focus({ preventScroll: true });
  card?.scrollIntoView({ block: "nearest" });
}

/** False: no button of the card has this key. */
function press(key: string): boolean {
  if (!/^[a-z]$/.test(key)) return false;
  const button = cardInFocus()?.querySelector<HTMLButtonElement>(`button[aria-keyshortcuts="${key}"]:not(:disabled)`);
  button?.click();
  return button != null;
}
