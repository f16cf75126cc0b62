import type { ChannelContext, ChannelSink } from "../../src/core/channel.ts";
import type { NumberedChoices } from "../_shared/numbered-choices.ts";
import type { CloudOptions } from "./config.ts";
import { callGraph } from "./graph.ts";
import { keepMedia } from "./media.ts";
import { parseMessage, type ParsedMessage } from "./parse.ts";
import type { WebhookMessage, WebhookValue } from "./payload.ts";
import type { People } from "./people.ts";
import type { Windows } from "./window.ts";

export interface Intake {
  readonly context: ChannelContext;
  readonly options: CloudOptions;
  readonly sink: ChannelSink;
  readonly signal: AbortSignal;
  readonly windows: Windows;
  readonly people: People;
  readonly choices: NumberedChoices;
}

/** Resolves once the message is stored, or is nothing to us. Rejects when Meta shall call again. */
export async function receiveMessage(raw: WebhookMessage, value: WebhookValue, intake: Intake): Promise<void> {
  const { context, options, sink, signal, windows, choices } = intake;
  const parsed = await parseSafely(raw, value, intake);
  if (parsed === undefined) return;
  let { message } = parsed;
  const { chat } = message.address;
  const isSaid = message.kind === "message" || message.kind === "command";
  // Before the message is handed over: its answer may go out at once.
  await windows.note(chat, message.sentAt, isSaid ? message.id : undefined);
  const command = message.kind === "message" ? await choices.pick(chat, message.text) : undefined;
  if (command !== undefined) message = { ...message, text: command, kind: "command", isAddressed: true };
  if (parsed.media !== undefined) message = await keepMedia(message, parsed.media, options, context.files, signal);
  const outcome = await sink.receive(message);
  if (outcome !== "accepted" || !options.readReceipts || !isSaid || context.isListening()) return;
  const json = { messaging_product: "whatsapp", status: "read", message_id: message.id };
  // Only the ticks turn blue; nobody waits for it.
  void callGraph(options, `/${options.phoneNumberId}/messages`, { effect: "read", json, signal }).catch(
    () => undefined,
  );
}

/** One message that we cannot read must not keep all others from coming in: it is logged and passed by. */
async function parseSafely(
  raw: WebhookMessage,
  value: WebhookValue,
  intake: Intake,
): Promise<ParsedMessage | undefined> {
  const { context, people } = intake;
  const message = await people.recognise(raw, value.contacts ?? []);
  try {
    return parseMessage(message, value, context.name);
  } catch (error) {
    context.log.error({ message: raw.id, type: raw.type, error }, "A message could not be read and is passed by");
    return undefined;
  }
}
