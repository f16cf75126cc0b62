import type { FileProgress, PullProgress } from "../../model-files.ts";
import { createLiveText, type Terminal } from "../chat/live-text.ts";
import { formatBytes } from "../print.ts";
import { widthOf } from "../text-width.ts";

export interface ProgressPrinter {
  show(progress: PullProgress): void;
  close(): void;
}

const drawEveryMs = 100;
const speedOverMs = 5_000;
const barCells = 24;

/** A bar that moves on a terminal; elsewhere a line for each new tenth, try and phase. */
export function createProgressPrinter(
  terminal: Terminal & { readonly isTTY?: boolean },
  now: () => number = Date.now,
): ProgressPrinter {
  const speed = createSpeed();
  return terminal.isTTY === true ? createBar(terminal, speed, now) : createLines(terminal);
}

function createBar(terminal: Terminal, speed: Speed, now: () => number): ProgressPrinter {
  const live = createLiveText(terminal);
  let drawnAt = 0;
  return {
    show(progress) {
      const at = now();
      const perSecond = progress.phase === "loading" ? speed.note(progress, at) : undefined;
      const isDone = "file" in progress && progress.doneBytes === progress.totalBytes;
      if (at - drawnAt < drawEveryMs && !isDone && progress.phase !== "retrying") return;
      drawnAt = at;
      live.update([cut(formatLine(progress, perSecond), live.columns())]);
    },
    close: () => live.clear(),
  };
}

function createLines(terminal: Terminal): ProgressPrinter {
  let last = "";
  return {
    show(progress) {
      const of = progress.phase === "waiting" ? progress.of : progress;
      const tenth = of?.totalBytes === undefined ? 0 : Math.floor((of.doneBytes * 10) / Math.max(1, of.totalBytes));
      const mark = `${progress.phase} ${of?.file} ${tenth}`;
      if (mark === last && progress.phase !== "retrying") return;
      last = mark;
      terminal.write(`${formatLine(progress, undefined)}\n`);
    },
    close: () => undefined,
  };
}

/** One line for people. `perSecond` in bytes. */
export function formatLine(progress: PullProgress, perSecond: number | undefined): string {
  switch (progress.phase) {
    case "waiting": {
      const who = progress.pid === undefined ? "Another process" : `Process ${progress.pid}`;
      return progress.of === undefined
        ? `${who} fetches it already; waiting.`
        : `${who} fetches it already: ${formatAmount(progress.of)}`;
    }
    case "checking":
      return `Checking what is here already: ${formatAmount(progress)}`;
    case "retrying":
      return `${progress.reason} Trying again in ${Math.ceil(progress.waitMs / 1000)} s. ${formatAmount(progress)}`;
    case "loading":
      return `${formatAmount(progress)}${formatSpeed(progress, perSecond)}`;
  }
}

function formatAmount({ file, doneBytes, totalBytes }: FileProgress): string {
  if (totalBytes === undefined) return `${file}  ${formatBytes(doneBytes)}`;
  const part = totalBytes === 0 ? 1 : Math.min(1, doneBytes / totalBytes);
  const full = Math.floor(part * barCells);
  const bar = `${"█".repeat(full)}${"░".repeat(barCells - full)}`;
  return `${file}  ${bar}  ${Math.floor(part * 100)}%  ${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}`;
}

function formatSpeed({ doneBytes, totalBytes }: FileProgress, perSecond: number | undefined): string {
  if (perSecond === undefined || perSecond <= 0) return "";
  const speed = `  ${formatBytes(perSecond)}/s`;
  if (totalBytes === undefined) return speed;
  const seconds = Math.ceil((totalBytes - doneBytes) / perSecond);
  return `${speed}  ${seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`} left`;
}

interface Speed {
  /** Bytes per second over the last seconds. */
  note(progress: FileProgress, at: number): number | undefined;
}

function createSpeed(): Speed {
  let file = "";
  let points: { readonly at: number; readonly bytes: number }[] = [];
  return {
    note(progress, at) {
      if (progress.file !== file || progress.doneBytes < (points.at(-1)?.bytes ?? 0)) points = [];
      file = progress.file;
      const last = points.at(-1);
      if (last === undefined || at - last.at >= drawEveryMs) points.push({ at, bytes: progress.doneBytes });
      while (points.length > 2 && at - (points[0]?.at ?? at) > speedOverMs) points.shift();
      const [first] = points;
      return first === undefined || at <= first.at
        ? undefined
        : ((progress.doneBytes - first.bytes) * 1000) / (at - first.at);
    },
  };
}

function cut(line: string, columns: number): string {
  let text = line;
  while (widthOf(text) > columns) text = text.slice(0, -1);
  return text;
}
