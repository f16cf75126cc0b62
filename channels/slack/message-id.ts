/*
 * Slack's timestamps ("1700000000.000100") name a message within its conversation and are its time too; ours hold
 * both: "<conversation>:<ts>" and what may follow. Sent files are "<conversation>:file:<file>".
 */

export function formatMessageId(chat: string, ts: string): string {
  return `${chat}:${ts}`;
}

/** Undefined for what names no message, such as a file of ours. */
export function parseMessageId(id: string): { readonly chat: string; readonly ts: string } | undefined {
  const [, chat, ts] = /^([^:]+):(\d+\.\d+)(?::|$)/.exec(id) ?? [];
  return chat === undefined || ts === undefined ? undefined : { chat, ts };
}

export function formatFileId(chat: string, fileId: string): string {
  return `${chat}:file:${fileId}`;
}

export function parseFileId(id: string): string | undefined {
  return /^[^:]+:file:(.+)$/.exec(id)?.[1];
}

/** Epoch milliseconds. */
export function timeOf(ts: string): number {
  return Math.floor(Number(ts) * 1_000);
}

export function formatTs(ms: number): string {
  return (ms / 1_000).toFixed(6);
}

/** Both have six digits behind the point, and as numbers they would lose the last ones. */
export function isAfter(ts: string, other: string): boolean {
  const [seconds = "", micros = ""] = ts.split(".");
  const [otherSeconds = "", otherMicros = ""] = other.split(".");
  const difference = Number(seconds) - Number(otherSeconds);
  return difference === 0 ? Number(micros.padEnd(6, "0")) > Number(otherMicros.padEnd(6, "0")) : difference > 0;
}

/** Conversations with one person begin with D; channels with C, old private ones and groups with G. */
export function isDirect(chat: string): boolean {
  return chat.startsWith("D");
}
