import { approvedMark } from "./identity.ts";
import { findHeader, parseAddrSpec, type MailHeader } from "./headers.ts";

const robotNames = /^(?:no[-_.]?reply|do[-_.]?not[-_.]?reply|mailer-daemon|postmaster|bounces?)(?:[-+_.=].*)?$/;

/**
 * Did a machine write it: auto-replies, mailing lists, bulk mail, bounces, no-reply senders? Such mail is never
 * answered (RFC 3834, section 2); when the fields contradict each other, silence is the safe side.
 */
export function isAutomatedMail(headers: readonly MailHeader[]): boolean {
  if (isMarkedAutomated(headers)) return true;
  const from = parseAddrSpec(findHeader(headers, "from"));
  return from === undefined || robotNames.test(from.slice(0, from.lastIndexOf("@")));
}

/** Do its fields say that a machine wrote it, whoever is named as the sender? */
export function isMarkedAutomated(headers: readonly MailHeader[]): boolean {
  const autoSubmitted = findHeader(headers, "auto-submitted")
    ?.toLowerCase()
    .split(/[;\s(]/)[0];
  if (autoSubmitted !== undefined && autoSubmitted !== "no" && autoSubmitted !== "") return true;
  if (headers.some(({ key }) => key.startsWith("list-"))) return true;
  if (headers.some(({ key }) => key === "x-autoreply" || key === "x-autorespond")) return true;
  const mark = findHeader(headers, "x-parlance");
  if (mark !== undefined && !mark.endsWith(approvedMark)) return true;
  if (/\b(?:bulk|list|junk|auto_reply)\b/i.test(findHeader(headers, "precedence") ?? "")) return true;
  if (/\b(?:all|oof|autoreply)\b/i.test(findHeader(headers, "x-auto-response-suppress") ?? "")) return true;
  if (/^\s*multipart\/report\b/i.test(findHeader(headers, "content-type") ?? "")) return true;
  // The delivering server copies the envelope's sender here; bounces have none (RFC 5321, 4.5.5).
  return /^<\s*>$/.test(findHeader(headers, "return-path") ?? "");
}
