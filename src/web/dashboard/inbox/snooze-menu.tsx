import { useLayoutEffect, useRef } from "preact/hooks";
import { formatMoment } from "./moment.ts";
import { listSnoozeTimes } from "./snooze-times.ts";

export interface SnoozeMenuProps {
  readonly isBusy: boolean;
  readonly onPick: (until: number) => void;
  readonly onCancel: () => void;
}

/** When the draft shall be shown again. */
export function SnoozeMenu({ isBusy, onPick, onCancel }: SnoozeMenuProps) {
  const group = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => group.current?.querySelector("button")?.focus(), []);
  const now = Date.now();
  return (
    <div
      ref={group}
      class="snooze-menu"
      role="group"
      aria-label="Show it again"
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        onCancel();
      }}
    >
      {listSnoozeTimes(now).map(({ label, until }) => (
        <button key={label} type="button" class="button" disabled={isBusy} onClick={() => onPick(until)}>
          <span>{label}</span>
          <span class="snooze-time">{formatMoment(until, now)}</span>
        </button>
      ))}
      <button type="button" class="button quiet" disabled={isBusy} onClick={onCancel}>
        Not now
      </button>
    </div>
  );
}
