import type { ChannelContext, ChannelSink } from "../../src/core/channel.ts";
import { describeError } from "../../src/core/errors.ts";
import type { InboundMessage } from "../../src/core/message.ts";
import type { NumberedChoices } from "../_shared/numbered-choices.ts";
import { fileContent, textContent, type OwnSends } from "../_shared/own-sends.ts";
import { pickBackoff, sleepUntilAborted } from "../_shared/reconnect.ts";
import type { SignalOptions } from "./config.ts";
import { readNotification, type SignalDataMessage, type SignalEnvelope } from "./envelope.ts";
import type { Identity } from "./identity.ts";
import { completeLongText, keepFiles } from "./incoming-files.ts";
import { formatMessageId, parseMessageId } from "./message-id.ts";
import type { Names } from "./names.ts";
import { listMentioned, parseEnvelope, readAci, type ParsedEnvelope } from "./parse.ts";
import type { Revisions } from "./revisions.ts";
import { callRpc } from "./rpc.ts";
import type { SentLog } from "./sent-log.ts";

/** All that is needed to hand an event over. */
export interface Intake {
  readonly context: ChannelContext<SignalOptions>;
  readonly me: Identity;
  readonly sink: ChannelSink;
  readonly signal: AbortSignal;
  readonly choices: NumberedChoices;
  readonly revisions: Revisions;
  readonly names: Names;
  readonly sentLog: SentLog;
  readonly ownSends: OwnSends;
}

/** A file that the daemon does not give after so many tries is done without. */
const maxFileTries = 5;

/**
 * Resolves once what the event holds is stored, or is nothing to us. Tries as often as it takes: the daemon hears
 * nothing of a failure, so nobody else would. Only an abort ends it early, by a rejection. What Signal got before `notBefore` is passed by.
 */
export async function handleEvent(data: string, intake: Intake, notBefore = 0): Promise<void> {
  const { context, signal } = intake;
  const envelope = readEvent(data, intake);
  if (envelope === undefined || (envelope.serverReceivedTimestamp ?? envelope.timestamp) < notBefore) return;
  for (let failures = 0; ; failures += 1) {
    try {
      await handleEnvelope(envelope, intake, failures >= maxFileTries);
      return;
    } catch (error) {
      signal.throwIfAborted();
      context.log.warn({ reason: describeError(error) }, "A message could not be stored; it is tried again");
      await sleepUntilAborted(20 + pickBackoff(failures + 1, 200, 10_000), signal);
      signal.throwIfAborted();
    }
  }
}

/** One daemon may have several accounts: what is for others is not ours to read. */
function isForOthers(account: string | undefined, { context, me }: Intake): boolean {
  if (account === undefined || account === context.options.account || account.toLowerCase() === me.aci) return false;
  // Named by its ACI, an account may have a number that we do not know.
  return !(me.number === undefined && account.startsWith("+"));
}

function readEvent(data: string, intake: Intake): SignalEnvelope | undefined {
  const { context } = intake;
  const { account, envelope, exception } = readNotification(parseData(data)) ?? {};
  if (isForOthers(account, intake)) return undefined;
  if (exception !== undefined)
    context.log.warn(
      { type: exception.type },
      exception.type === "UntrustedIdentityException"
        ? "A message was not read: the safety number of its sender has changed. signal-cli trust lets the new one in"
        : "signal-cli could not read a message",
    );
  return envelope;
}

async function handleEnvelope(raw: SignalEnvelope, intake: Intake, isLastTry: boolean): Promise<void> {
  const { context, sink, signal, choices, revisions, names, sentLog } = intake;
  const author = readAci(raw.sourceUuid);
  if (author === undefined) return;
  const { receiptMessage: receipt } = raw;
  if (receipt !== undefined) {
    const state = receipt.isRead === true || receipt.isViewed === true ? "read" : "delivered";
    for (const report of await sentLog.report(author, receipt.timestamps, state)) await sink.delivery(report);
    return;
  }
  names.note(author, raw.sourceName);
  const parsed = await parseSafely(raw, intake);
  if (parsed === undefined || (parsed.message.isOwn === true && (await isOurs(raw, parsed.message, intake)))) return;
  let { message } = parsed;
  if (parsed.attachments.length > 0)
    message = await keepFiles(message, parsed.attachments, context.options, context.files, signal, isLastTry);
  if (message.kind === "edit" && message.targetId !== undefined) await revisions.note(message.id, message.targetId);
  // Whoever reads along as the account's owner chooses nothing.
  const isSaid = message.kind === "message" && message.isOwn !== true;
  const command = isSaid ? await choices.pick(message.address.chat, message.text) : undefined;
  if (command !== undefined) message = { ...message, text: command, kind: "command", isAddressed: true };
  const outcome = await sink.receive(message);
  if (outcome === "accepted" && isSaid) tellRead(message, intake);
}

/** Did we send what comes from our account, or the message that it is about? */
async function isOurs(raw: SignalEnvelope, message: InboundMessage, { sentLog, ownSends }: Intake): Promise<boolean> {
  for (const id of [message.id, message.targetId ?? ""]) {
    const key = parseMessageId(id);
    if (key !== undefined && (await sentLog.has(key))) return true;
  }
  const { editMessage, ...sent } = raw.syncMessage?.sentMessage ?? {};
  const { message: text, attachments = [] } = editMessage?.dataMessage ?? sent;
  const contents = [
    ...((text ?? "") === "" ? [] : [textContent(text ?? "")]),
    ...attachments.map(({ filename }) => fileContent(filename ?? "")),
  ];
  return ownSends.isOne({ chat: message.address.chat, contents, sentAt: message.sentAt });
}

/** One message that we cannot read must not keep all others from coming in: it is logged and passed by. */
async function parseSafely(raw: SignalEnvelope, intake: Intake): Promise<ParsedEnvelope | undefined> {
  const { context, me, names, revisions, signal } = intake;
  try {
    const envelope = await completeTexts(raw, (data) => completeLongText(data, context.options, signal));
    return parseEnvelope(envelope, {
      channel: context.name,
      me,
      names: await names.find(listMentioned(envelope), signal),
      root: await revisions.snapshot(),
    });
  } catch (error) {
    signal.throwIfAborted();
    context.log.error({ kinds: Object.keys(raw), reason: describeError(error) }, "A message could not be read");
    return undefined;
  }
}

async function completeTexts(
  raw: SignalEnvelope,
  complete: (data: SignalDataMessage) => Promise<SignalDataMessage>,
): Promise<SignalEnvelope> {
  const { dataMessage, syncMessage } = raw;
  if (dataMessage !== undefined) return { ...raw, dataMessage: await complete(dataMessage) };
  const { timestamp, ...sent } = syncMessage?.sentMessage ?? {};
  if (timestamp === undefined) return raw;
  return { ...raw, syncMessage: { sentMessage: { ...sent, ...(await complete({ timestamp, ...sent })) } } };
}

/** Only the ticks fill; nobody waits for it. */
function tellRead(message: InboundMessage, { context, signal }: Intake): void {
  const key = parseMessageId(message.id);
  if (!context.options.readReceipts || context.isListening() || key === undefined) return;
  const params = { recipient: key.author, targetTimestamp: [key.timestamp], type: "read" };
  const call = callRpc(context.options, "sendReceipt", params, { effect: "read", signal, timeoutMs: 20_000 });
  call.catch((error: unknown) =>
    context.log.debug({ message: formatMessageId(key), reason: describeError(error) }, "A read receipt was not sent"),
  );
}

function parseData(data: string): unknown {
  try {
    return JSON.parse(data) as unknown;
  } catch {
    return undefined;
  }
}
