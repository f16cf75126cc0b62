import { AppError } from "../../core/errors.ts";
import { listJsonElements } from "./json-elements.ts";
import { decodeText } from "./lines.ts";
import { fault, isMe, other, own, type ReadSource, type SourceItem } from "./source.ts";

const maxMessageJsonChars = 1_000_000;

type Fields = Readonly<Record<string, unknown>>;

/**
 * What Telegram Desktop exports as JSON: one chat, or all of them. The owner is known by id ("user123" or "123"), or by
 * name as long as nobody else in the export has it. What the owner forwarded is not theirs.
 */
export const readTelegram: ReadSource = async function* readTelegram({ chunks, me }) {
  const idsOfMe = new Map<string, string>();
  const elements = listJsonElements(decodeText(chunks), "messages", maxMessageJsonChars);
  let messages = 0;
  let step = await elements.next();
  for (; step.done !== true; step = await elements.next()) {
    const { text, line, beside } = step.value;
    messages += 1;
    const fields = text === undefined ? undefined : parseObject(text);
    if (fields === undefined) yield fault(`line ${line}`, "This message cannot be read.");
    else yield* readMessage(fields, line, beside["name"], me, idsOfMe);
  }
  if (messages === 0)
    throw new AppError("bad-input", "This is no export of Telegram: there is no list of messages in it.", {
      hint: "In Telegram Desktop: Export chat history, as JSON; give result.json.",
    });
  if (!step.value) yield fault("the end", "The file breaks off, or is damaged.");
};

function parseObject(text: string): Fields | undefined {
  try {
    return JSON.parse(text) as Fields;
  } catch {
    return undefined;
  }
}

function* readMessage(
  fields: Fields,
  line: number,
  chat: string | undefined,
  me: readonly string[],
  idsOfMe: Map<string, string>,
): Generator<SourceItem> {
  const { type, from, from_id: id, forwarded_from: forwarded, saved_from: saved, via_bot: bot, text } = fields;
  if (type !== "message" || typeof id !== "string") return;
  const name = typeof from === "string" ? from : undefined;
  const isById = isMe(me, id, id.replace(/^user/, ""));
  if (!isById && !isMe(me, name)) {
    yield other(name === undefined ? id : `${name} (${id})`);
    return;
  }
  if (!isById && name !== undefined) needOne(name, id, idsOfMe);
  if (forwarded !== undefined || saved !== undefined || bot !== undefined) return;
  const at = timeOf(fields);
  const said = joinText(text).trim();
  if (at === undefined) yield fault(`line ${line}`, "The message has no time.");
  else if (said !== "") yield own({ text: said, at, ...(chat !== undefined && { to: chat }) });
}

/** Throws AppError "bad-input" when two people have the name that was given. */
function needOne(name: string, id: string, idsOfMe: Map<string, string>): void {
  const known = idsOfMe.get(name) ?? id;
  idsOfMe.set(name, known);
  if (known !== id)
    throw new AppError("bad-input", `Two people in the export are called "${name}": ${known} and ${id}.`, {
      hint: `Say which of them you are, such as: --me ${known}`,
    });
}

function timeOf({ date_unixtime: seconds, date }: Fields): number | undefined {
  const at =
    typeof seconds === "string" ? Number(seconds) * 1000 : typeof date === "string" ? Date.parse(`${date}Z`) : 0;
  return Number.isFinite(at) && at > 0 ? at : undefined;
}

/** A text, or a list of texts and of pieces with a form; code keeps its marks, so that it is not taken for words. */
function joinText(text: unknown): string {
  if (typeof text === "string") return text;
  if (!Array.isArray(text)) return "";
  return text.map(joinPiece).join("");
}

function joinPiece(piece: unknown): string {
  if (typeof piece === "string") return piece;
  if (typeof piece !== "object" || piece === null) return "";
  const { type, text } = piece as Fields;
  if (typeof text !== "string" || type === "blockquote") return "";
  if (type === "code") return `\`${text}\``;
  return type === "pre" ? `\n\`\`\`\n${text}\n\`\`\`\n` : text;
}
