import { callSlack, type SlackApi } from "./api.ts";
import { isAfter } from "./message-id.ts";
import type { SlackMessage } from "./payloads.ts";

const pageSize = 200;

interface Page {
  readonly messages?: readonly SlackMessage[];
  readonly has_more?: boolean;
  readonly response_metadata?: { readonly next_cursor?: string };
}

export interface HistoryOptions {
  readonly chat: string;
  /** Its replies instead of what stands in the conversation itself. */
  readonly thread?: string;
  /** Exclusive. */
  readonly after: string;
  readonly maxPages: number;
  /** With the marks that apps put on their messages. */
  readonly hasMetadata?: boolean;
  readonly signal: AbortSignal;
}

/**
 * What was written after a moment, oldest first. `isComplete` is false where there was more than `maxPages` hold.
 * Throws AppError.
 */
export async function readHistory(
  api: SlackApi,
  options: HistoryOptions,
): Promise<{ readonly messages: readonly SlackMessage[]; readonly isComplete: boolean }> {
  const { chat, thread, after, maxPages, hasMetadata, signal } = options;
  const messages = new Map<string, SlackMessage>();
  let cursor: string | undefined;
  for (let page = 0; page < maxPages; page += 1) {
    const found: Page = await callSlack<Page>(
      api,
      thread === undefined ? "conversations.history" : "conversations.replies",
      {
        channel: chat,
        ts: thread,
        oldest: after,
        limit: pageSize,
        cursor,
        ...(hasMetadata === true ? { include_all_metadata: true } : {}),
      },
      { effect: "read", signal },
    );
    for (const message of found.messages ?? [])
      // conversations.replies begins with the head of the thread, whatever its age.
      if (message.ts !== undefined && isAfter(message.ts, after)) messages.set(message.ts, message);
    cursor = found.response_metadata?.next_cursor;
    if (cursor === undefined || cursor === "") return { messages: sort(messages), isComplete: true };
  }
  return { messages: sort(messages), isComplete: false };
}

function sort(messages: ReadonlyMap<string, SlackMessage>): readonly SlackMessage[] {
  return [...messages.values()].toSorted((a, b) => (isAfter(a.ts ?? "0.0", b.ts ?? "0.0") ? 1 : -1));
}
