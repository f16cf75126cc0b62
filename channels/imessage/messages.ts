import { isAppError } from "../../src/core/errors.ts";
import { callBlue, type BlueApi } from "./api.ts";
import type { BlueMessage } from "./message.ts";

const parts = ["chat", "attachment", "attributedBody", "messageSummaryInfo"] as const;

/** The message as it is now, with chat and files: what calls of the hook hold differs between versions. */
export async function loadMessage(api: BlueApi, guid: string, signal: AbortSignal): Promise<BlueMessage | undefined> {
  try {
    const path = `/api/v1/message/${encodeURIComponent(guid)}?with=${parts.join(",")}`;
    return await callBlue<BlueMessage | undefined>(api, path, { effect: "read", method: "GET", signal });
  } catch (error) {
    if (isAppError(error, "not-found")) return undefined;
    throw error;
  }
}

/** A row above this one: that of the latest message, by its time. Others may have come in late, with higher rows. */
export async function findRowAbove(api: BlueApi, row: number, signal: AbortSignal): Promise<number | undefined> {
  const where = [{ statement: "message.ROWID > :from", args: { from: row } }];
  const [found] = await queryMessages(api, { where, limit: 1, sort: "DESC" }, signal);
  return found?.originalROWID;
}

/** All messages of rows above `from`, up to and with `to`, in the order in which this Mac got them. */
export async function listRows(
  api: BlueApi,
  from: number,
  to: number,
  signal: AbortSignal,
): Promise<readonly BlueMessage[]> {
  const where = [
    { statement: "message.ROWID > :from", args: { from } },
    { statement: "message.ROWID <= :to", args: { to } },
  ];
  const found = await queryMessages(api, { where, limit: 1_000, sort: "ASC", with: parts }, signal);
  return found.toSorted((a, b) => a.originalROWID - b.originalROWID);
}

/** The latest messages since then, ours and others', latest first. */
export function listSince(
  api: BlueApi,
  after: number,
  limit: number,
  signal: AbortSignal,
): Promise<readonly BlueMessage[]> {
  return queryMessages(api, { after: Math.max(0, after), limit, sort: "DESC", with: parts }, signal);
}

async function queryMessages(api: BlueApi, query: object, signal: AbortSignal): Promise<readonly BlueMessage[]> {
  const json = { offset: 0, ...query };
  return (
    (await callBlue<readonly BlueMessage[] | undefined>(api, "/api/v1/message/query", {
      effect: "read",
      json,
      signal,
    })) ?? []
  );
}
