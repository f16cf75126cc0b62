import type { MessageEntity } from "telegraf/types";

interface Mark {
  readonly at: number;
  readonly text: string;
  /** Closing marks come before opening ones at the same place; inner close before outer, outer open before inner. */
  readonly order: number;
}

/**
 * Telegram's text and entities as CommonMark. Text without entities stays as it was typed: many people type Markdown,
 * and escaping would garble commands and snake_case names. Offsets are UTF-16 code units, as in JavaScript.
 */
export function parseEntities(text: string, entities: readonly MessageEntity[] = []): string {
  const marks = entities.flatMap((entity) => markEntity(text, entity));
  if (marks.length === 0) return text;
  marks.sort((a, b) => a.at - b.at || a.order - b.order);
  let result = "";
  let from = 0;
  for (const mark of marks) {
    result += text.slice(from, mark.at) + mark.text;
    from = mark.at;
  }
  return result + text.slice(from);
}

function markEntity(text: string, entity: MessageEntity): readonly Mark[] {
  // CommonMark's marks must touch the words they mark.
  const raw = text.slice(entity.offset, entity.offset + entity.length);
  const start = entity.offset + (raw.length - raw.trimStart().length);
  const length = raw.trim().length;
  if (length === 0) return [];
  const around = (open: string, close: string): readonly Mark[] => [
    { at: start, text: open, order: 10_000 - length },
    { at: start + length, text: close, order: length - 10_000 },
  ];
  switch (entity.type) {
    case "bold":
      return around("**", "**");
    case "italic":
      return around("_", "_");
    case "strikethrough":
      return around("~~", "~~");
    case "code":
      return around("`", "`");
    case "pre":
      return around(`\`\`\`${entity.language ?? ""}\n`, "\n```");
    case "text_link":
      return around("[", `](${entity.url})`);
    case "blockquote":
      return quoteMarks(text, start, length);
    default:
      return [];
  }
}

function quoteMarks(text: string, start: number, length: number): readonly Mark[] {
  const lineStarts = [
    start,
    ...[...text.slice(start, start + length).matchAll(/\n/g)].map(({ index }) => start + index + 1),
  ];
  return lineStarts.map((at) => ({ at, text: "> ", order: 0 }));
}
