import type { Update } from "telegraf/types";
import { describeError } from "../../src/core/errors.ts";
import type { ChannelState } from "../../src/core/channel.ts";
import { pickBackoff, sleepUntilAborted } from "../_shared/reconnect.ts";
import { callTelegram } from "./api.ts";
import { allowedUpdates } from "./parse.ts";
import { handleBatch, type Intake } from "./receive.ts";

/**
 * After a week without updates Telegram goes on with a random id, perhaps a lower one, and an offset above it would
 * confirm updates that nobody has read. So an old offset is not used: Telegram remembers what was confirmed.
 */
const maxOffsetAgeMs = 6 * 24 * 3_600_000;

interface Offset {
  readonly next: number;
  readonly at: number;
}

/**
 * Polls until the signal aborts. The offset moves, and is kept, only when everything below it is stored: a poll with
 * it is what acknowledges. Throws AppError when Telegram cannot be polled.
 */
export async function runPolling(intake: Intake, pollSeconds: number): Promise<void> {
  const { api, context, ids, signal } = intake;
  let offset = await loadOffset(context.state);
  let failures = 0;
  while (!signal.aborted) {
    const usable = offset !== undefined && context.now() - offset.at < maxOffsetAgeMs ? { offset: offset.next } : {};
    const query = { ...usable, limit: 100, timeout: pollSeconds, allowed_updates: allowedUpdates };
    const updates = await callTelegram<readonly Update[]>(api, "getUpdates", query, {
      effect: "read",
      signal,
      timeoutMs: (pollSeconds + 15) * 1_000,
    });
    if (updates.length === 0) {
      if (pollSeconds === 0) await sleepUntilAborted(100, signal);
      continue;
    }
    const { next, failure } = await handleBatch(updates, intake);
    offset = { next, at: context.now() };
    await Promise.all([context.state.set("offset", JSON.stringify(offset)), ids.save(context.now())]);
    failures = failure === undefined ? 0 : failures + 1;
    if (failure === undefined || signal.aborted) continue;
    context.log.warn(
      { updateId: next, reason: describeError(failure) },
      "An update could not be stored; it is fetched again",
    );
    await sleepUntilAborted(100 + pickBackoff(failures, 200, 10_000), signal);
  }
}

async function loadOffset(state: ChannelState): Promise<Offset | undefined> {
  const stored = await state.get("offset");
  return stored === undefined ? undefined : (JSON.parse(stored) as Offset);
}
