import type { Database } from "../core/database.ts";
import type { InboxItem } from "../core/store.ts";
import { toInboxItem } from "./inbox.ts";
import type { QueryBuilder } from "./query.ts";

/** What came in is looked through so far back, however much a span of time would hold. */
const window = 5_000;

/**
 * Everything that came in on all channels at or after a time, watched and unanswered mail included: the newest `limit`
 * of it, oldest first. Edits and deletions are rows of their own.
 */
export function createReceivedQuery(build: QueryBuilder, database: Database) {
  return async function received(since: number, limit: number): Promise<readonly InboxItem[]> {
    const newest = build
      .selectFrom("inbox")
      .select(["seq", "conversation", "message", "received_at"])
      .orderBy("seq", "desc")
      .limit(window);
    const query = build
      .selectFrom(newest.as("newest"))
      .selectAll()
      .where("received_at", ">=", since)
      .orderBy("seq", "desc")
      .limit(limit);
    const rows = await database.read<Parameters<typeof toInboxItem>[0]>(query.compile());
    return rows.toReversed().map(toInboxItem);
  };
}
