import type { EgressResponse } from "../../core/egress.ts";
import { AppError } from "../../core/errors.ts";

/** Throws AppError "tool-failed" for a status that is no success; a busy server says when to come back. */
export function checkStatus({ status, headers }: EgressResponse): void {
  if (status >= 200 && status < 300) return;
  const isBusy = status === 429 || status === 503;
  const seconds = Number(headers["retry-after"] ?? 60);
  const wait = Math.min(3600, Number.isFinite(seconds) && seconds > 0 ? seconds : 60) * 1000;
  throw new AppError("tool-failed", `The server answered with status ${status}.`, isBusy ? { retryAfterMs: wait } : {});
}

const textual = /^(?:text\/|application\/(?:[\w.+-]*\+)?(?:json|xml|yaml|javascript|x-www-form-urlencoded)\b)/;

/** Is a body of this type something to read as it is? */
export function isTextual(type: string): boolean {
  return textual.test(type.toLowerCase());
}

/** A body as text, by the charset of its type. */
export function decodeBody(body: Uint8Array, type: string): string {
  const charset = /charset\s*=\s*["']?([\w-]+)/i.exec(type)?.[1];
  try {
    return new TextDecoder(charset ?? "utf-8").decode(body);
  } catch {
    return new TextDecoder().decode(body); // a charset nobody knows
  }
}

/** The first characters, and how many there were besides. */
export function cutText(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  return `${text.slice(0, maxChars).replace(/[\ud800-\udbff]$/, "")}\n[${text.length - maxChars} more characters]`;
}
