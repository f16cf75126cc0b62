/** Does a number format show a date or a time? Ids below 164 are built in, the others have a pattern. */
export function isDateFormat(id: number, pattern: string | undefined): boolean {
  if (pattern === undefined) return (id >= 14 && id <= 22) || (id >= 45 && id <= 47);
  // What is quoted, escaped or in brackets (a colour, a currency) says nothing; [h] counts hours.
  return /[ymdhs]/i.test(pattern.replace(/"[^"]*"|\\.|\[(?!h+\]|m+\]|s+\])[^\]]*\]/gi, ""));
}

const dayMs = 86_400_000;

/** A day counted from 1900 (or 1904) as people write it; the number itself where it is none. */
export function formatSerialDate(serial: number, is1904: boolean): string {
  if (!Number.isFinite(serial) || serial < 0 || serial > 2_958_466) return String(serial);
  // Excel knows a 29 February 1900 that never was; days before it are off by one, as they are in Excel.
  const days = is1904 ? serial + 1462 : serial;
  const iso = new Date(Date.UTC(1899, 11, 30) + Math.round(days * 86_400) * 1000).toISOString();
  const time = iso.slice(11, 19).replace(/:00$/, "");
  if (days < 1) return time;
  return (days * dayMs) % dayMs < 500 ? iso.slice(0, 10) : `${iso.slice(0, 10)} ${time}`;
}
