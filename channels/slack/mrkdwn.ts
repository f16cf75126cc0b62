import { replaceEmojiNames } from "./emoji.ts";

/** Names for the ids that stand in a text; undefined where none is known. */
export interface NameLookup {
  person(id: string): string | undefined;
  room(id: string): string | undefined;
}

/** Slack's mrkdwn as CommonMark: https://docs.slack.dev/messaging/formatting-message-text */
export function parseMrkdwn(text: string, names: NameLookup): string {
  // Code is split off first: nothing in it is markup. Odd indexes are code.
  return text
    .split(/(```[^]*?```|`[^`\n]+`)/)
    .map((piece, index) => (index % 2 === 1 ? parseCode(piece, names) : parseProse(piece, names)))
    .join("")
    .trim();
}

/** Slack lets a block begin on the line of its fence, where CommonMark expects a language. */
function parseCode(code: string, names: NameLookup): string {
  const plain = decodeEntities(
    code.replaceAll(/<([^<>]+)>/g, (_, inner: string) => parseReference(inner, names, false)),
  );
  if (!plain.startsWith("```")) return plain;
  const content = plain.slice(3, -3).replace(/^\n/, "").replace(/\n$/, "");
  return `\n\`\`\`\n${content}\n\`\`\`\n`;
}

function parseProse(text: string, names: NameLookup): string {
  return text
    .split(/(<[^<>]+>)/)
    .map((piece, index) =>
      index % 2 === 1
        ? parseReference(piece.slice(1, -1), names, true)
        : replaceEmojiNames(decodeEntities(parseMarks(piece))),
    )
    .join("")
    .replaceAll(/^([ \t]*)[\u2022\u25e6\u25aa]\s?/gm, "$1- ");
}

/** *bold* and ~struck~, where Slack would see them: at the edges of words. _italic_ is the same in both. */
function parseMarks(text: string): string {
  const mark = (from: string, to: string): ((piece: string) => string) => {
    const pattern = new RegExp(`(?<![\\w${from}])\\${from}(?=\\S)([^\\n${from}]*?\\S)\\${from}(?![\\w${from}])`, "g");
    return (piece) => piece.replaceAll(pattern, `${to}$1${to}`);
  };
  return mark("~", "~~")(mark("*", "**")(text));
}

/** What stands between < and >: a link, a person, a room, a group, a date. */
function parseReference(inner: string, names: NameLookup, isMarked: boolean): string {
  const [target = "", ...labels] = inner.split("|");
  const label = decodeEntities(labels.join("|"));
  const id = target.slice(1);
  if (target.startsWith("@")) return `@${names.person(id) ?? (label === "" ? id : label)}`;
  if (target.startsWith("#")) return `#${label === "" ? (names.room(id) ?? id) : label}`;
  if (target.startsWith("!")) return parseSpecial(id, label);
  const address = decodeEntities(target);
  if (label === "" || label === address || label === address.replace(/^mailto:/, ""))
    return label === "" ? address : label;
  return isMarked ? `[${label}](${address})` : label;
}

function parseSpecial(command: string, label: string): string {
  if (/^(?:here|channel|everyone)$/.test(command)) return `@${command}`;
  if (label !== "") return label;
  return command.startsWith("subteam^") ? `@${command.slice("subteam^".length)}` : command;
}

/** Slack escapes these three and nothing else. */
export function decodeEntities(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

export function escapeMrkdwn(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
