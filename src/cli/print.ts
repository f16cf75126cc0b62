import { styleText } from "node:util";
import { showHidden } from "../core/quote.ts";
import { widthOf, wrapLine } from "./text-width.ts";

type Style = Parameters<typeof styleText>[0];

/** Colours, only where standard output is a terminal that wants them (NO_COLOR is heeded). */
export function paint(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

export function printLine(text = ""): void {
  process.stdout.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

/** A cell whose text was written elsewhere (names, reasons): one line, nothing hidden in it. */
export function plain(text: string): string {
  return showHidden(text.replace(/\s+/g, " ").trim());
}

/**
 * Rows in columns under a head. On a terminal the last column is wrapped to what is left of the width; piped, each
 * row stays on one line.
 */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(widthOf(title), ...rows.map((row) => widthOf(row[column] ?? ""))),
  );
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + 2, 0);
  const room = process.stdout.isTTY ? Math.max(20, process.stdout.columns - before - 1) : Number.POSITIVE_INFINITY;
  const format = (cells: readonly string[]): string => {
    const start = widths
      .slice(0, -1)
      .map((width, column) => {
        const cell = cells[column] ?? "";
        return `${cell}${" ".repeat(width - widthOf(cell) + 2)}`;
      })
      .join("");
    const last = cells[widths.length - 1] ?? "";
    return wrapLine(last, room)
      .map((line, index) => (index === 0 ? `${start}${line}` : `${" ".repeat(before)}${line}`).trimEnd())
      .join("\n");
  };
  const title = head.every((cell) => cell === "") ? [] : [format(head.map((cell) => paint("bold", cell)))];
  return [...title, ...rows.map(format)].join("\n");
}

/** "2026-03-01 14:05", in this machine's time. */
export function formatTime(at: number): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** "1.4 GB". */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}
