const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** "90s", "1h30m", "2d" in milliseconds. Undefined: it is not a duration, or one of more than a year. Pure. */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim();
  if (!/^(\d{1,9}(\.\d{1,3})?(ms|[smhdw]))+$/.test(trimmed)) return undefined;
  let total = 0;
  for (const [, amount = "", , unit = ""] of trimmed.matchAll(/(\d+(\.\d+)?)(ms|[smhdw])/g))
    total += Number(amount) * (unitMs[unit] ?? 0);
  return total <= 366 * 86_400_000 ? Math.round(total) : undefined;
}

/** The other way: "1h 30m", the two largest units. Pure. */
export function formatDuration(durationMs: number): string {
  const parts: string[] = [];
  let left = Math.max(0, Math.round(durationMs));
  for (const unit of ["d", "h", "m", "s", "ms"]) {
    const size = unitMs[unit] ?? 1;
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
    if (parts.length === 2) break;
  }
  return parts.length === 0 ? "0s" : parts.join(" ");
}
