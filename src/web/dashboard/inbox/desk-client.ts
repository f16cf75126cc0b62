import type { Correction, Decision, DraftAnswer, Inbox } from "./desk-types.ts";

/** What came of a call. A problem is a sentence for the reader. */
export type Reply<T> =
  | { readonly isDone: true; readonly value: T }
  | { readonly isDone: false; readonly status: number; readonly problem: string };

export function loadInbox(): Promise<Reply<Inbox>> {
  return call("/api/inbox");
}

export function loadDecision(id: string): Promise<Reply<Decision>> {
  return call(`/api/decisions/${encodeURIComponent(id)}`);
}

/** Of the latest messages, the newest first. */
export function loadDecisions(): Promise<Reply<{ readonly decisions: readonly Decision[] }>> {
  return call("/api/decisions?limit=30");
}

export function answerDraft(id: string, answer: DraftAnswer): Promise<Reply<{ readonly text: string }>> {
  return call(`/api/drafts/${encodeURIComponent(id)}`, answer);
}

export function answerApproval(id: string, approved: boolean): Promise<Reply<{ readonly text: string }>> {
  return call(`/api/approvals/${encodeURIComponent(id)}`, { approved });
}

export function correctDecision(id: string, correction: Correction): Promise<Reply<Decision>> {
  return call(`/api/decisions/${encodeURIComponent(id)}`, { correction });
}

/** Never throws. Without a body it reads, with one it writes. */
export async function call<T>(path: string, body?: object): Promise<Reply<T>> {
  try {
    const response = await fetch(path, {
      headers: { accept: "application/json", ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    });
    const said: unknown = await response.json().catch(() => undefined);
    if (response.ok) return { isDone: true, value: said as T };
    return { isDone: false, status: response.status, problem: formatProblem(response.status, said) };
  } catch {
    return { isDone: false, status: 0, problem: "The server cannot be reached. Nothing was changed; try again." };
  }
}

function formatProblem(status: number, said: unknown): string {
  const { error, hint } = (typeof said === "object" && said !== null ? said : {}) as { error?: string; hint?: string };
  if (typeof error !== "string") return `The server answered ${status}. Its log says more.`;
  return typeof hint === "string" && status !== 409 ? `${error} ${hint}` : error;
}
