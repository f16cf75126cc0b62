import type { WireEntry } from "../../../../channels/webchat/protocol.ts";
import { isSameDay } from "./time.ts";

/** One entry as it is laid out: with a date above it, its sender's name, or close to the one before. */
export interface Row {
  readonly entry: WireEntry;
  readonly startsDay: boolean;
  /** Is it from the same sender as the one before, shortly after? */
  readonly isContinued: boolean;
  /** Label of the button that was pressed to say it. */
  readonly pressedLabel: string | undefined;
  /** The command among its own choices that was pressed later. */
  readonly chosen: string | undefined;
}

const closeMs = 5 * 60_000;

/** `entries` are oldest first. */
export function layOutRows(entries: readonly WireEntry[]): readonly Row[] {
  const labels = new Map(entries.flatMap(({ choices = [] }) => choices.map(({ command, label }) => [command, label])));
  const said = new Map(entries.filter(({ direction }) => direction === "in").map(({ text, at }) => [text, at]));
  return entries.map((entry, index) => {
    const before = entries[index - 1];
    const startsDay = before === undefined || !isSameDay(before.at, entry.at);
    return {
      entry,
      startsDay,
      isContinued:
        !startsDay &&
        before.direction === entry.direction &&
        before.senderName === entry.senderName &&
        entry.at - before.at < closeMs &&
        before.text !== "/stop",
      pressedLabel: entry.direction === "in" ? labels.get(entry.text) : undefined,
      chosen: entry.choices?.find(({ command }) => (said.get(command) ?? Number.NEGATIVE_INFINITY) >= entry.at)
        ?.command,
    };
  });
}
