import type { SendContext } from "../../src/core/channel.ts";
import { AppError, describeError } from "../../src/core/errors.ts";
import type { Attachment, OutboundMessage } from "../../src/core/message.ts";
import { clientPath } from "./api.ts";
import { keycaps } from "./choice-reactions.ts";
import { readText } from "./event.ts";
import { formatContent, formatEdit, formatText, formatWithChoices, type TextPart } from "./format.ts";
import { uploadFile } from "./media.ts";
import { choiceKey } from "./receive.ts";
import type { Session } from "./session.ts";

/** What goes out as one event. */
type Part =
  | { readonly kind: "text"; readonly text: TextPart }
  | { readonly kind: "file"; readonly attachment: Attachment };

/** Text first, then an event per file; the same in every attempt, so that a later one can go on behind the parts sent. */
function formatParts(message: OutboundMessage): readonly Part[] {
  const texts = formatText(formatWithChoices(message.text, message.choices ?? []));
  return [
    ...texts.map((text): Part => ({ kind: "text", text })),
    ...message.attachments.map((attachment): Part => ({ kind: "file", attachment })),
  ];
}

/** `Channel.send`. The transaction id of a part is always the same, so a part that is sent twice is one event. */
export async function sendMessage(
  message: OutboundMessage,
  delivery: SendContext,
  session: Session,
): Promise<readonly string[]> {
  const { choices, reactions, context } = session;
  const parts = formatParts(message);
  if (parts.length === 0) throw new AppError("send-rejected", "There is nothing to send: no text, no file.");
  const sent = [...delivery.sentParts];
  await choices.close(choiceKey(message.address));
  for (const part of parts.slice(sent.length)) {
    const content = await formatPartContent(part, message, session, delivery.signal);
    const relation = formatRelation(message, sent.length === 0);
    const id = await sendEvent(
      message.address.chat,
      { type: "m.room.message", content: { ...content, ...relation }, txnId: `${message.id}.${sent.length}` },
      session,
      delivery.signal,
    );
    sent.push(id);
    await delivery.recordPart(id);
  }
  const question = sent[parts.findLastIndex(({ kind }) => kind === "text")];
  if (message.choices !== undefined && message.choices.length > 0 && question !== undefined) {
    await choices.open(choiceKey(message.address), message.choices);
    await reactions.note(question, message.choices);
    void offerReactions(message, question, session).catch((error: unknown) =>
      context.log.debug({ reason: describeError(error) }, "Numbers could not be put under a question"),
    );
  }
  return sent;
}

async function formatPartContent(
  part: Part,
  message: OutboundMessage,
  session: Session,
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  if (part.kind === "text") return formatContent(part.text);
  const { api, context, rooms } = session;
  const isEncrypted = (await rooms.encryption(message.address.chat, signal)) !== undefined;
  return uploadFile(part.attachment, isEncrypted, api, context.files, signal);
}

/** `m.relates_to`: the thread, and what is answered. Programs that know no threads show the latter. */
function formatRelation(
  { address: { thread }, replyToId }: OutboundMessage,
  isFirst: boolean,
): { readonly "m.relates_to"?: object } {
  const answered = isFirst ? replyToId : undefined;
  if (thread === undefined)
    return answered === undefined ? {} : { "m.relates_to": { "m.in_reply_to": { event_id: answered } } };
  return {
    "m.relates_to": {
      rel_type: "m.thread",
      event_id: thread,
      is_falling_back: answered === undefined,
      "m.in_reply_to": { event_id: answered ?? thread },
    },
  };
}

export interface OwnEvent {
  readonly type: string;
  readonly content: Readonly<Record<string, unknown>>;
  readonly txnId: string;
}

/** Sends one event, encrypted where the room is; resolves with its id. Throws AppError as `Channel.send` does. */
export async function sendEvent(
  roomId: string,
  { type, content, txnId }: OwnEvent,
  { api, encryptor, rooms }: Session,
  signal: AbortSignal,
): Promise<string> {
  // Reactions are never encrypted: servers count them.
  const isEncrypted = type !== "m.reaction" && (await rooms.encryption(roomId, signal)) !== undefined;
  const body = isEncrypted ? await encryptor.encrypt(roomId, type, content, signal) : content;
  const shownType = isEncrypted ? "m.room.encrypted" : type;
  const answer = await api.ask(clientPath`/rooms/${roomId}/send/${shownType}/${txnId}`, {
    method: "PUT",
    effect: "send",
    // Servers count what an account sends, wherever it goes.
    pauseKey: "send",
    body,
    signal,
  });
  if (!answer.ok) {
    if (answer.code === "M_DUPLICATE_ANNOTATION") return "";
    throw answer.error;
  }
  const eventId = readText(answer.body["event_id"]);
  if (eventId === undefined) throw new AppError("send-uncertain", "The Matrix server names no event.");
  return eventId;
}

/** `Channel.edit`. An edit can show one part only. */
export async function editMessage(
  message: OutboundMessage,
  platformId: string,
  session: Session,
  signal: AbortSignal,
): Promise<void> {
  const { chat } = message.address;
  const event = await session.events.load(chat, platformId, signal);
  if (event === undefined || event.unsigned?.redacted_because !== undefined)
    throw new AppError("not-found", "The message to edit is gone.");
  const [text] = formatText(formatWithChoices(message.text, message.choices ?? []));
  const shown = text ?? { body: "…", html: "", mentions: [] };
  await sendEvent(
    chat,
    { type: "m.room.message", content: formatEdit(shown, platformId), txnId: crypto.randomUUID() },
    session,
    signal,
  ).catch(rethrowAsEdit);
  const choices = message.choices ?? [];
  if (choices.length > 0) {
    await session.choices.open(choiceKey(message.address), choices);
    await session.reactions.note(platformId, choices);
  }
}

/** An edit made twice is seen once. */
function rethrowAsEdit(error: unknown): never {
  if (error instanceof AppError && error.code === "send-uncertain")
    throw new AppError("unreachable", error.message, { retryAfterMs: 1_000 });
  throw error;
}

export async function sendReaction(
  roomId: string,
  eventId: string,
  emoji: string,
  session: Session,
  signal: AbortSignal,
  txnId: string = crypto.randomUUID(),
): Promise<void> {
  const content = { "m.relates_to": { rel_type: "m.annotation", event_id: eventId, key: emoji } };
  await sendEvent(roomId, { type: "m.reaction", content, txnId }, session, signal).catch(rethrowAsEdit);
}

/** A number under the question for each choice, so that one click answers. More than a few are not worth the noise. */
async function offerReactions(message: OutboundMessage, question: string, session: Session): Promise<void> {
  const count = message.choices?.length ?? 0;
  if (count > keycaps.length) return;
  for (const [index, keycap] of keycaps.slice(0, count).entries()) {
    const txnId = `${message.id}.choice.${index}`;
    await sendReaction(message.address.chat, question, keycap, session, session.signal, txnId);
  }
}
