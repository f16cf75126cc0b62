import { fault, isMe, other, own, type ReadSource, type SourceItem } from "./source.ts";
import { unzip } from "./unzip.ts";

/** Of what is no plain message, what its author has typed nevertheless. */
const typed = new Set([undefined, "thread_broadcast", "me_message", "file_share", "file_comment"]);

/** A Slack workspace's export: a ZIP archive with a folder for each channel, and in it a JSON file for each day. */
export const readSlack: ReadSource = async function* readSlack({ chunks, me }) {
  const isDay = (name: string): boolean => /[^/]+\/\d{4}-\d\d-\d\d\.json$/.test(name);
  for await (const { name, bytes } of unzip(chunks, isDay)) {
    const messages = bytes === undefined ? "too large" : parseDay(bytes);
    if (typeof messages === "string") yield fault(name, `The file cannot be read: it is ${messages}.`);
    else for (const message of messages) yield* readMessage(message, name.split("/").at(-2) ?? "", me);
  }
};

function parseDay(bytes: Uint8Array): readonly unknown[] | string {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return Array.isArray(value) ? value : "no list of messages";
  } catch {
    return "no JSON";
  }
}

function* readMessage(message: unknown, chat: string, me: readonly string[]): Generator<SourceItem> {
  if (typeof message !== "object" || message === null) return;
  const { type, subtype, user, text, ts, bot_id: bot } = message as Readonly<Record<string, unknown>>;
  if (type !== "message" || typeof user !== "string" || typeof text !== "string") return;
  // An app that writes in somebody's name has the words from elsewhere.
  if (!typed.has(subtype as string | undefined) || bot !== undefined) return;
  if (!isMe(me, user)) {
    yield other(user);
    return;
  }
  const at = Math.round(Number(ts) * 1000);
  const said = formatText(text);
  if (Number.isFinite(at) && at > 0 && said !== "") yield own({ text: said, at, to: chat });
}

/** As it stood in Slack: without the brackets around people, channels and addresses. */
function formatText(text: string): string {
  return text
    .replaceAll(/<@(?:[UW]\w+)\|([^<>]+)>/g, "@$1")
    .replaceAll(/<@([UW]\w+)>/g, "@$1")
    .replaceAll(/<#C\w+\|([^<>]*)>/g, "#$1")
    .replaceAll(/<!(here|channel|everyone)(?:\|[^<>]*)?>/g, "@$1")
    .replaceAll(/<((?:https?|mailto):[^<>|]+)(?:\|[^<>]*)?>/g, "$1")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&")
    .trim();
}
