import { describeError } from "../../src/core/errors.ts";
import type { InboundMessage } from "../../src/core/message.ts";
import { decryptEvent } from "./decrypt.ts";
import { pickTarget, readMentions, readRelation, type RoomEvent } from "./event.ts";
import { keepFile } from "./media.ts";
import { parseEnvelope, parseEvent, type EventFacts, type ParseContext, type ParsedEvent } from "./parse.ts";
import type { Intake } from "./session.ts";

/** How long a message waits for its key before people are told that it cannot be read. */
const maxWaitMs = 30 * 60_000;
const unreadable = "[This message is encrypted, and its key has not come.]";

/**
 * Resolves once the event is stored, kept until its key comes, or is nothing to us. Rejects when it shall be read again.
 */
export async function handleEvent(event: RoomEvent, roomId: string, intake: Intake): Promise<void> {
  const { crypto, context, rooms, undecrypted, signal } = intake;
  if (event.unsigned?.redacted_because !== undefined) return;
  await intake.events.note(event);
  if (event.type !== "m.room.encrypted") {
    const isExposed = isWords(event) && (await rooms.encryption(roomId, signal)) !== undefined;
    return handleClearEvent(event, roomId, intake, isExposed);
  }
  if (event.sender === intake.me.userId) return;
  const decrypted = await decryptEvent(event, roomId, crypto);
  if (decrypted === undefined) {
    context.log.warn({ room: roomId, event: event.event_id }, "An encrypted event cannot be read and is passed by");
    return handOverUnreadable(event, roomId, intake);
  }
  if (decrypted !== "waits") return handleClearEvent(decrypted, roomId, intake, false);
  context.log.info({ room: roomId, event: event.event_id }, "An encrypted event waits for its key");
  const isKept = await undecrypted.add({ roomId, eventId: event.event_id, at: context.now() });
  if (!isKept) await handOverUnreadable(event, roomId, intake);
}

/** Reads again what waits for keys that have come by now, and gives up what has waited for too long. */
export async function handleWaitingEvents(rooms: ReadonlySet<string> | "all", intake: Intake): Promise<void> {
  const { context, crypto, events, undecrypted, signal } = intake;
  for (const { roomId, eventId, at } of await undecrypted.load()) {
    const isLate = context.now() - at > maxWaitMs;
    if (!isLate && rooms !== "all" && !rooms.has(roomId)) continue;
    const event = await events.load(roomId, eventId, signal);
    const decrypted = event === undefined ? undefined : await decryptEvent(event, roomId, crypto);
    if (decrypted === "waits" && !isLate) continue;
    if (event !== undefined && event.unsigned?.redacted_because === undefined) {
      if (decrypted === undefined || decrypted === "waits") await handOverUnreadable(event, roomId, intake);
      else await handleClearEvent(decrypted, roomId, intake, false);
    }
    await undecrypted.remove(eventId);
  }
}

/** In an encrypted room words should be encrypted; reactions and redactions never are. */
function isWords({ type, state_key: stateKey }: RoomEvent): boolean {
  return stateKey === undefined && (type === "m.room.message" || type === "m.sticker");
}

async function handleClearEvent(event: RoomEvent, roomId: string, intake: Intake, isExposed: boolean): Promise<void> {
  if (event.sender === intake.me.userId) return;
  if (event.type.startsWith("m.key.verification.") || event.content["msgtype"] === "m.key.verification.request") {
    await receiveVerification(event, roomId, intake);
    return;
  }
  const context = await gatherContext(event, roomId, intake, isExposed);
  const parsed = context === undefined ? undefined : parseSafely(event, context, intake);
  if (parsed === undefined) return;
  let message = await pickChoice(parsed.message, intake);
  if (parsed.file !== undefined)
    message = await keepFile(message, parsed.file, intake.api, intake.context.files, intake.signal);
  await intake.sink.receive(message);
}

/** Undefined for kinds of events that are nothing to us, so that nothing is asked of the server for them. */
async function gatherContext(
  event: RoomEvent,
  roomId: string,
  intake: Intake,
  isExposed: boolean,
): Promise<ParseContext | undefined> {
  const { rooms, directs, me, context, signal } = intake;
  const isKnown = ["m.room.message", "m.sticker", "m.reaction", "m.room.redaction"].includes(event.type);
  if (!isKnown || event.state_key !== undefined) return undefined;
  const isGroup = !(await directs.has(roomId, signal)) && (await rooms.size(roomId, signal)) > 2;
  const roomName = isGroup ? await rooms.name(roomId, signal) : undefined;
  const target = await findTarget(event, roomId, isGroup, intake);
  return {
    channel: context.name,
    roomId,
    me,
    senderName: await rooms.memberName(roomId, event.sender, signal),
    isGroup,
    isExposed,
    commands: context.commands.map(({ name }) => name),
    ...(roomName === undefined ? {} : { roomName }),
    ...(target === undefined ? {} : { target }),
  };
}

async function findTarget(
  event: RoomEvent,
  roomId: string,
  isGroup: boolean,
  { events, signal }: Intake,
): Promise<EventFacts | undefined> {
  // Whose message is answered matters only where it decides whether we are spoken to.
  const isAskedFor = isGroup && readMentions(event.content) === undefined;
  const target = pickTarget(event) ?? (isAskedFor ? readRelation(event.content).replyTo : undefined);
  return target === undefined ? undefined : events.find(roomId, target, signal);
}

/** A number that answers our question, or a reaction with one, is the command that it stands for. */
async function pickChoice(message: InboundMessage, { choices, reactions }: Intake): Promise<InboundMessage> {
  const { kind, address, text, targetId } = message;
  const command =
    kind === "message"
      ? await choices.pick(choiceKey(address), text)
      : kind === "reaction" && targetId !== undefined
        ? await reactions.pick(targetId, text)
        : undefined;
  if (command === undefined) return message;
  const { targetId: _targetId, ...rest } = message;
  return { ...rest, kind: "command", text: command, isAddressed: true };
}

export function choiceKey({ chat, thread }: InboundMessage["address"]): string {
  return thread === undefined ? chat : `${chat}/${thread}`;
}

async function handOverUnreadable(event: RoomEvent, roomId: string, intake: Intake): Promise<void> {
  if (event.sender === intake.me.userId) return;
  const context = await gatherContext({ ...event, type: "m.room.message" }, roomId, intake, false);
  if (context === undefined) return;
  const { type, eventId } = readRelation(event.content);
  const message: InboundMessage = {
    ...parseEnvelope(event, context, type === "m.thread" ? eventId : undefined),
    id: event.event_id,
    text: unreadable,
    isAddressed: !context.isGroup,
    kind: "message",
  };
  await intake.sink.receive(message);
}

async function receiveVerification(event: RoomEvent, roomId: string, { crypto, context }: Intake): Promise<void> {
  const { machine, library } = crypto;
  const told = JSON.stringify({ ...event, room_id: roomId });
  await machine.receiveVerificationEvent(told, new library.RoomId(roomId)).catch((error: unknown) => {
    context.log.warn({ from: event.sender, reason: describeError(error) }, "A step of a verification makes no sense");
  });
  if (event.content["msgtype"] === "m.key.verification.request")
    context.log.info(
      { from: event.sender },
      `Somebody wants to verify us: run "parlance channels verify ${context.name}"`,
    );
}

/** One event that we cannot read must not keep all others from coming in: it is logged and passed by. */
function parseSafely(event: RoomEvent, context: ParseContext, intake: Intake): ParsedEvent | undefined {
  try {
    return parseEvent(event, context);
  } catch (error) {
    intake.context.log.error(
      { event: event.event_id, type: event.type, reason: describeError(error) },
      "An event could not be read and is passed by",
    );
    return undefined;
  }
}
