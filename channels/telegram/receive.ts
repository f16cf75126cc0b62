import type { Update } from "telegraf/types";
import type { ChannelContext, ChannelSink } from "../../src/core/channel.ts";
import { callTelegram, type TelegramApi } from "./api.ts";
import { keepFile } from "./attachments.ts";
import { loadCommand } from "./callback-data.ts";
import type { MessageIds } from "./message-ids.ts";
import { parseUpdate, pickChat, type ParseContext, type ParsedUpdate } from "./parse.ts";

/** All that is needed to hand an update over. */
export interface Intake {
  readonly api: TelegramApi;
  readonly context: ChannelContext;
  readonly ids: MessageIds;
  readonly sink: ChannelSink;
  readonly me: ParseContext["me"];
  readonly signal: AbortSignal;
}

/** Resolves once the update is stored, or is nothing to us. Rejects when Telegram shall deliver it again. */
export async function handleUpdate(update: Update, intake: Intake): Promise<void> {
  const { api, context, ids, sink, signal } = intake;
  const parsed = parseSafely(update, intake);
  if (parsed === undefined) return;
  let { message } = parsed;
  // Presses and reactions name messages of ours, even such whose arrival we still have to find out.
  if (parsed.callbackId === undefined && message.kind !== "reaction") ids.note(message.address.chat, parsed.messageId);
  if (parsed.file !== undefined) message = await keepFile(message, parsed.file, api, context.files, signal);
  if (parsed.callbackId === undefined) {
    await sink.receive(message);
    return;
  }
  const command = await loadCommand(message.text, context.state);
  if (command !== undefined) await sink.receive({ ...message, text: command });
  if (context.isListening()) return;
  // Only stops the button's waiting sign; nobody waits for it, and it may be too late.
  const answer = {
    callback_query_id: parsed.callbackId,
    ...(command === undefined ? { text: "This button is too old." } : {}),
  };
  void callTelegram(api, "answerCallbackQuery", answer, { effect: "read", signal }).catch(() => undefined);
}

/** One update that we cannot read must not keep all others from coming in: it is logged and passed by. */
function parseSafely(update: Update, intake: Intake): ParsedUpdate | undefined {
  const { context, me } = intake;
  try {
    return parseUpdate(update, { channel: context.name, me, now: context.now() });
  } catch (error) {
    context.log.error(
      { updateId: update.update_id, kinds: Object.keys(update), error },
      "An update could not be read and is passed by",
    );
    return undefined;
  }
}

/**
 * Handles a batch: in order within a chat, side by side between chats. Resolves with the id up to which everything is
 * stored, exclusive, and what went wrong with the first update that is not. Behind a failure its chat waits, so that
 * nothing overtakes it.
 */
export async function handleBatch(
  updates: readonly Update[],
  intake: Intake,
): Promise<{ readonly next: number; readonly failure?: unknown }> {
  const chats = new Map<number | undefined, Update[]>();
  for (const update of updates) {
    const chat = pickChat(update);
    const list = chats.get(chat);
    if (list === undefined) chats.set(chat, [update]);
    else list.push(update);
  }
  const failures = (await Promise.all([...chats.values()].map((list) => handleChat(list, intake)))).filter(
    (failure) => failure !== undefined,
  );
  const first = failures.toSorted((a, b) => a.updateId - b.updateId)[0];
  const last = updates.at(-1)?.update_id ?? 0;
  return first === undefined ? { next: last + 1 } : { next: first.updateId, failure: first.error };
}

async function handleChat(
  updates: readonly Update[],
  intake: Intake,
): Promise<{ readonly updateId: number; readonly error: unknown } | undefined> {
  for (const update of updates) {
    const updateId = update.update_id;
    if (intake.signal.aborted) return { updateId, error: intake.signal.reason };
    try {
      await handleUpdate(update, intake);
    } catch (error) {
      return { updateId, error };
    }
  }
  return undefined;
}
