/** Up to which event of a session everything is stored. Events are handled side by side; this counts without gaps. */
export interface StoredEvents {
  /** A new session begins, or one is taken up behind an event. */
  restart(seq: number): void;
  /** An event came in. False when it came before: it is in hand already, or stored. */
  begin(seq: number): boolean;
  /** It is stored, or is nothing to us. */
  finish(seq: number): void;
  /** The last event below which none is in hand. */
  stored(): number;
  /** The last event that came in. */
  received(): number;
}

export function createStoredEvents(): StoredEvents {
  let stored = 0;
  let received = 0;
  /** In hand or stored behind one in hand, in order. */
  const open = new Map<number, boolean>();
  return {
    restart(seq) {
      open.clear();
      stored = seq;
      received = seq;
    },
    begin(seq) {
      if (seq <= received) return false;
      received = seq;
      open.set(seq, false);
      return true;
    },
    finish(seq) {
      // Of an earlier session: its count is over.
      if (!open.has(seq)) return;
      open.set(seq, true);
      for (const [each, isStored] of open) {
        if (!isStored) break;
        stored = each;
        open.delete(each);
      }
    },
    stored: () => stored,
    received: () => received,
  };
}
