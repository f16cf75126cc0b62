import { AppError } from "../../core/errors.ts";
import { decodeText, listLines } from "./lines.ts";
import { fault, isMe, maxMessageChars, other, own, type ReadSource, type SourceItem } from "./source.ts";
import { parseHeading, pickDateOrder, timeOf, type DateOrder, type Heading } from "./whatsapp-heading.ts";

/** By so many messages the order of day and month is told. */
const messagesToDecide = 3_000;
/** A file without a message in its first lines is no chat. */
const linesToDecide = 200;
/** What stands in place of a picture, or of a message that was taken back. */
const noText =
  /^(?:\u200e|<[^<>]{3,60}>$|(?:this message was deleted|you deleted this message|diese nachricht wurde gelöscht|du hast diese nachricht gelöscht|ce message a été supprimé|se eliminó este mensaje|eliminaste este mensaje)\.?$|null$|.{1,200}\((?:file attached|datei angehängt|fichier joint|archivo adjunto)\)$)/i;
const edited = /\s*\u200e?<(?:this message was edited|diese nachricht wurde bearbeitet)>$/i;

interface Message {
  readonly heading: Heading;
  readonly line: number;
  text: string;
}

/** A chat as WhatsApp exports it, of Android or iPhone, by the names that it shows. Times are the phone's, taken for UTC. */
export const readWhatsApp: ReadSource = async function* readWhatsApp({ chunks, me }) {
  let waiting: Message[] | undefined = [];
  let order: DateOrder = "day-month-year";
  let hasHalves = false;
  let message: Message | undefined;
  const take = function* (done: Message): Generator<SourceItem> {
    if (waiting === undefined) {
      yield* readMessage(done, order, me);
      return;
    }
    waiting.push(done);
    if (waiting.length >= messagesToDecide) yield* decide();
  };
  const decide = function* (): Generator<SourceItem> {
    const first = waiting ?? [];
    waiting = undefined;
    order = pickDateOrder(
      first.map(({ heading }) => heading),
      hasHalves,
    );
    for (const each of first) yield* readMessage(each, order, me);
  };
  for await (const { text, number } of listLines(decodeText(chunks), maxMessageChars)) {
    const heading = parseHeading(text);
    if (heading !== undefined) {
      if (message !== undefined) yield* take(message);
      message = { heading, line: number, text: heading.text };
      hasHalves ||= /\d\s?[ap]\.?\s?m\.?[\s\]]/i.test(text.slice(0, 40));
    } else if (message !== undefined && message.text.length < maxMessageChars) message.text += `\n${text}`;
    else if (message === undefined && number >= linesToDecide) throw noChat();
  }
  if (message === undefined) throw noChat();
  yield* take(message);
  yield* decide();
};

function noChat(): AppError {
  return new AppError("bad-input", "This is no chat exported by WhatsApp: no line begins with a date and a time.", {
    hint: 'In the chat: More, "Export chat", without media; give the text file that comes out of it.',
  });
}

function* readMessage(
  { heading, line, text }: Message,
  order: DateOrder,
  me: readonly string[],
): Generator<SourceItem> {
  const { sender } = heading;
  if (sender === undefined) return;
  if (!isMe(me, sender)) {
    yield other(sender);
    return;
  }
  const at = timeOf(heading, order);
  const said = text.replace(edited, "").trim();
  if (at === undefined) yield fault(`line ${line}`, "There is no such day.");
  else if (said !== "" && !noText.test(said)) yield own({ text: said, at });
}
