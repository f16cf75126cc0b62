import type { ISyncResponse } from "matrix-js-sdk";
import { describeError, isAppError } from "../../src/core/errors.ts";
import { pickBackoff, sleepUntilAborted } from "../_shared/reconnect.ts";
import { clientPath } from "./api.ts";
import { isObject } from "./event.ts";
import { parseInvite } from "./invites.ts";
import { sendWaitingRequests } from "./outgoing.ts";
import { handleWaitingEvents } from "./receive.ts";
import type { Intake } from "./session.ts";
import { handleRoom, type ReadMark } from "./timeline.ts";

const stateKey = "since";
/** How long a sync waits for news. */
const waitMs = 30_000;
const filter = JSON.stringify({
  presence: { types: [] },
  account_data: { types: ["m.direct"] },
  room: {
    account_data: { types: [] },
    ephemeral: { types: [] },
    state: {
      lazy_load_members: true,
      types: ["m.room.member", "m.room.encryption", "m.room.name", "m.room.history_visibility", "m.room.tombstone"],
    },
    timeline: { limit: 50, lazy_load_members: true },
  },
});

/**
 * Syncs until the signal aborts. The token moves, and is kept, only when everything that came before it is stored: a
 * sync with it is what acknowledges. Throws AppError when the server cannot be asked.
 */
export async function runSync(intake: Intake, up: () => void): Promise<void> {
  const { api, context, crypto, signal } = intake;
  let since = await context.state.get(stateKey);
  let failures = 0;
  // What an earlier run left undone, such as the upload of our keys, must not wait for somebody to write.
  await sendWaitingRequests(api, crypto, signal, context.log);
  for (let isFirst = true; !signal.aborted; isFirst = false) {
    const timeoutMs = since === undefined || isFirst || failures > 0 ? 0 : waitMs;
    const query = new URLSearchParams({
      filter,
      timeout: String(timeoutMs),
      ...(since === undefined ? {} : { since }),
      // Without a word the server shows us as online.
      ...(context.isListening() ? { set_presence: "offline" } : {}),
    });
    const path = `${clientPath`/sync`}?${query.toString()}`;
    const answer = (await api.call(path, {
      signal,
      timeoutMs: timeoutMs + 60_000,
      pauseKey: "sync",
    })) as unknown as Partial<ISyncResponse>;
    try {
      // After a start or a failure nobody knows which keys came meanwhile.
      const marks = await handleSync(answer, since, isFirst || failures > 0, intake);
      await crypto.flush();
      const next = answer.next_batch;
      if (next !== undefined && next !== since) await context.state.set(stateKey, next);
      since = next ?? since;
      failures = 0;
      up();
      void sendReceipts(marks, intake);
    } catch (error) {
      if (signal.aborted) return;
      if (isAppError(error, "unauthorised")) throw error;
      failures += 1;
      context.log.warn({ reason: describeError(error) }, "What came could not be stored; it is fetched again");
      const leastMs = isAppError(error) ? (error.retryAfterMs ?? 0) : 0;
      await sleepUntilAborted(Math.max(leastMs, 100 + pickBackoff(failures, 200, 10_000)), signal);
      continue;
    }
    await sendWaitingRequests(api, crypto, signal, context.log);
  }
}

/** Resolves once everything of it is stored. */
async function handleSync(
  answer: Partial<ISyncResponse>,
  since: string | undefined,
  isAfresh: boolean,
  intake: Intake,
): Promise<readonly ReadMark[]> {
  await receiveKeys(answer, intake);
  for (const { type, content } of answer.account_data?.events ?? [])
    if (type === "m.direct" && isObject(content)) intake.directs.note(content);
  for (const [roomId, room] of Object.entries(answer.rooms?.invite ?? {})) {
    const invitation = parseInvite(roomId, room, intake.me.userId);
    if (invitation !== undefined) await intake.invites.take(invitation, intake.signal);
  }
  for (const roomId of Object.keys(answer.rooms?.leave ?? {})) intake.rooms.forget(roomId);
  const withKeys = intake.crypto.takeRoomsWithNewKeys();
  await handleWaitingEvents(isAfresh ? "all" : withKeys, intake);
  // In order within a room, side by side between rooms; all are waited for, so that none goes on behind our back.
  const handled = await Promise.allSettled(
    Object.entries(answer.rooms?.join ?? {}).map(([roomId, room]) => handleRoom(roomId, room, since, intake)),
  );
  const failed = handled.find((each) => each.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  return handled.flatMap((each) => (each.status === "fulfilled" ? each.value : []));
}

/** Keys come first: they open what stands in the rooms. A sync that is read twice gives the same keys twice, without harm. */
async function receiveKeys(answer: Partial<ISyncResponse>, { crypto, context }: Intake): Promise<void> {
  const { library, machine } = crypto;
  const { changed = [], left = [] } = answer.device_lists ?? {};
  const lists = new library.DeviceLists(crypto.userIds(changed), crypto.userIds(left));
  const counts = answer.device_one_time_keys_count;
  const fallback = answer.device_unused_fallback_key_types;
  const events = answer.to_device?.events ?? [];
  for (const { type, sender } of events)
    if (type === "m.key.verification.request")
      context.log.info({ from: sender }, `Somebody wants to verify us: run "parlance channels verify ${context.name}"`);
  const unused = fallback === undefined ? undefined : new Set(fallback);
  // A server that says nothing of the keys that are left must not be taken to have none.
  if (counts === undefined) await machine.receiveSyncChangesMsc4186(JSON.stringify(events), lists, new Map(), unused);
  else await machine.receiveSyncChanges(JSON.stringify(events), lists, new Map(Object.entries(counts)), unused);
  // It tells of new rooms' keys a moment later.
  if (events.length > 0) await new Promise((resolve) => void setTimeout(resolve, 10));
}

/** Nobody waits for them. */
async function sendReceipts(marks: readonly ReadMark[], { api, context, signal }: Intake): Promise<void> {
  if (context.isListening()) return;
  for (const { roomId, eventId, thread = "main" } of marks) {
    const path = clientPath`/rooms/${roomId}/receipt/m.read/${eventId}`;
    await api.ask(path, { body: { thread_id: thread }, signal, pauseKey: "receipt" }).catch(() => undefined);
  }
}
