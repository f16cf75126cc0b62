import { cutLine } from "../reach.ts";

/** Seconds since 1970, and seconds between two points. */
export interface SeriesWindow {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

const bars = "▁▂▃▄▅▆▇█";

/** Labels as PromQL writes them: name{a="b"}. */
export function formatLabels(labels: Readonly<Record<string, string>>): string {
  const { __name__: name = "", ...rest } = labels;
  const pairs = Object.entries(rest).map(([key, value]) => `${key}=${JSON.stringify(cutLine(value, 120))}`);
  return cutLine(pairs.length === 0 && name !== "" ? name : `${name}{${pairs.join(", ")}}`, 400);
}

/** Six digits are what a reader can use. "NaN", "+Inf" and "-Inf" stay as they are. */
export function formatNumber(text: string): string {
  const value = Number(text);
  return Number.isFinite(value) && text !== "" ? String(Number(value.toPrecision(6))) : cutLine(text, 40);
}

/** One line: its last, least, greatest and mean value, and its course; a time without a value is a blank. */
export function formatSeries(
  name: string,
  values: readonly (readonly [number, string])[],
  { start, end, step }: SeriesWindow,
): string {
  const known = values.map(([at, text]) => [at, Number(text)] as const).filter(([, value]) => Number.isFinite(value));
  const numbers = known.map(([, value]) => value);
  if (numbers.length === 0) return `${name} (no numbers)`;
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  const course: string[] = Array.from({ length: Math.floor((end - start) / step) + 1 }, () => " ");
  for (const [at, value] of known) {
    const height = most === least ? 0 : Math.round(((value - least) / (most - least)) * (bars.length - 1));
    const place = Math.round((at - start) / step);
    if (place in course) course[place] = bars[height] ?? " ";
  }
  const figures = [numbers.at(-1) ?? 0, least, most, mean].map((value) => formatNumber(String(value)));
  return `${name} last ${figures[0]}, min ${figures[1]}, max ${figures[2]}, mean ${figures[3]} [${course.join("")}]`;
}
