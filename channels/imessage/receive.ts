import type { ChannelContext, ChannelSink } from "../../src/core/channel.ts";
import { describeError } from "../../src/core/errors.ts";
import type { Attachment, InboundMessage } from "../../src/core/message.ts";
import type { NumberedChoices } from "../_shared/numbered-choices.ts";
import type { OwnSends } from "../_shared/own-sends.ts";
import { normaliseHandle } from "./chat-id.ts";
import type { Chats } from "./chats.ts";
import type { IMessageOptions } from "./config.ts";
import { keepFiles } from "./incoming-files.ts";
import type { BlueAttachment, BlueMessage } from "./message.ts";
import { listContents } from "./parts.ts";
import { parseMessage, parseRevision, type ParsedMessage } from "./parse.ts";
import type { SentLog } from "./sent-log.ts";

/** All that is needed to hand a message over. */
export interface Intake {
  readonly context: ChannelContext<IMessageOptions>;
  readonly sink: ChannelSink;
  readonly signal: AbortSignal;
  readonly choices: NumberedChoices;
  readonly chats: Chats;
  readonly sentLog: SentLog;
  readonly ownSends: OwnSends;
  readonly fetchFile: (attachment: BlueAttachment, name: string) => Promise<Attachment>;
}

/** Resolves once the message is stored, or is nothing to us. Rejects when it has to be looked up again. */
export async function handleNew(raw: BlueMessage, intake: Intake): Promise<void> {
  const { sink, signal, choices } = intake;
  await noteChat(raw, intake);
  const parsed = await parseSafely(raw, intake, parseMessage);
  if (parsed === undefined || (await isOurs(raw, parsed.message, intake))) return;
  let { message } = parsed;
  if (parsed.attachments.length > 0) message = await keepFiles(message, parsed.attachments, intake.fetchFile, signal);
  // Whoever reads along as the account's owner chooses nothing.
  const isSaid = message.kind === "message" && message.isOwn !== true;
  const command = isSaid ? await choices.pick(message.address.chat, message.text) : undefined;
  if (command !== undefined) message = { ...message, text: command, kind: "command", isAddressed: true };
  await sink.receive(message);
}

/** A message that was there already has changed: an edit, an unsend, or what became of one of ours. */
export async function handleUpdate(raw: BlueMessage, intake: Intake): Promise<void> {
  if (raw.isFromMe === true) {
    const report = await intake.sentLog.report(raw);
    if (report !== undefined) return intake.sink.delivery(report);
  }
  const message = await parseSafely(raw, intake, parseRevision);
  if (message !== undefined && !(await isOurs(raw, message, intake))) await intake.sink.receive(message);
}

/** Did we send what comes from our account? */
async function isOurs(raw: BlueMessage, message: InboundMessage, { sentLog, ownSends }: Intake): Promise<boolean> {
  if (message.isOwn !== true) return false;
  if ((await sentLog.guids()).has(raw.guid)) return true;
  return ownSends.isOne({ chat: message.address.chat, contents: listContents(raw), sentAt: message.sentAt });
}

async function noteChat({ chats: [chat] = [] }: BlueMessage, { chats }: Intake): Promise<void> {
  if (chat !== undefined) await chats.note(chat.guid);
}

/** One message that we cannot read must not keep all others from coming in: it is logged and passed by. */
async function parseSafely<T extends ParsedMessage | ReturnType<typeof parseRevision>>(
  raw: BlueMessage,
  { context, sentLog }: Intake,
  parse: (raw: BlueMessage, context: Parameters<typeof parseMessage>[1]) => T | undefined,
): Promise<T | undefined> {
  const { options, name, log } = context;
  const ours = await sentLog.guids();
  try {
    return parse(raw, {
      channel: name,
      addresses: options.addresses.map(normaliseHandle),
      names: options.names,
      isOurs: (guid) => ours.has(guid),
    });
  } catch (error) {
    log.error({ message: raw.guid, reason: describeError(error) }, "A message could not be read and is passed by");
    return undefined;
  }
}
