/** Discord's ids are numbers of 64 bits, written in decimal, that grow with time: https://docs.discord.com/developers/reference#snowflakes */
const epochMs = 1_420_070_400_000n;

/** Was `a` given later than `b`? */
export function isLater(a: string, b: string): boolean {
  return a.length === b.length ? a > b : a.length > b.length;
}

/** The latest of several ids, "0" for none. */
export function latestOf(ids: readonly (string | undefined)[]): string {
  let latest = "0";
  for (const id of ids) if (id !== undefined && isLater(id, latest)) latest = id;
  return latest;
}

/** The id just before this one. */
export function idBefore(id: string): string {
  return String(BigInt(id) - 1n);
}

/** The least id that could have been given at this time, in epoch milliseconds. */
export function idAt(timeMs: number): string {
  const since = BigInt(Math.floor(timeMs)) - epochMs;
  return String((since > 0n ? since : 0n) << 22n);
}

/** When the id was given, in epoch milliseconds. */
export function timeOf(id: string): number {
  return Number((BigInt(id) >> 22n) + epochMs);
}

/** The message in an id of ours: "<message>" or "<message>:edit:…". Undefined when there is none, as in a press. */
export function parseMessageId(id: string | undefined): string | undefined {
  return id === undefined ? undefined : /^\d{1,20}(?=:|$)/.exec(id)?.[0];
}
