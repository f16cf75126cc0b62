import type { Tokens } from "marked";
import type * as types from "@slack/types";
import { splitText } from "../_shared/chunk.ts";
import { parseMarkdown, plainText, type Token } from "../_shared/markdown.ts";
import { inlineReferences } from "../_shared/references.ts";
import { escapeMrkdwn } from "./mrkdwn.ts";
import { drawTable, formatBlocks } from "./rich-text.ts";
import { divideTable, fitsTable, formatTableBlock } from "./tables.ts";
import { traits } from "./traits.ts";

/** One message of Slack's. */
export interface FormattedPart {
  readonly blocks: readonly types.KnownBlock[];
  /** Slack shows a table below its message, and only one. */
  readonly table?: types.TableBlock;
  /** The same without looks, for a second try, for notifications and for screen readers. */
  readonly plain: string;
}

/** https://docs.slack.dev/reference/block-kit/blocks: 50 blocks, of which the buttons need some. */
const maxBlocks = 45;
/** Slack's "msg_blocks_too_long" comes at about 13,000. */
const maxJsonLength = 11_000;
const maxSectionLength = 3_000;
const maxFallbackLength = 3_000;

/** One message each. The same text always gives the same parts. */
export function formatText(text: string): readonly FormattedPart[] {
  for (const limit of [traits.maxTextLength, 2_000, 1_000]) {
    const parts = formatParts(text, limit);
    if (parts.every(fits)) return parts;
  }
  // What grows beyond all bounds when it is laid out goes out as it was written.
  return splitText(text, maxSectionLength).map((plain) => ({ blocks: formatPlain(plain), plain }));
}

/** The part without looks, as Slack's blocks. */
export function formatPlain(plain: string): types.KnownBlock[] {
  return splitText(plain, maxSectionLength).map((text) => ({
    type: "section",
    text: { type: "plain_text", text, emoji: false },
  }));
}

/** What notifications show; nothing in it is markup. */
export function formatFallback(plain: string): string {
  const [first = "", ...rest] = splitText(plain, maxFallbackLength);
  return escapeMrkdwn(rest.length === 0 ? first : `${first}…`);
}

/** Tables count by the characters of their cells, which the length of the part bounds. */
function fits({ blocks }: FormattedPart): boolean {
  return blocks.length <= maxBlocks && JSON.stringify(blocks).length <= maxJsonLength;
}

function formatParts(text: string, limit: number): readonly FormattedPart[] {
  const parts: { text: string; table?: Tokens.Table }[] = [];
  for (const unit of readUnits(text, limit)) {
    if (typeof unit === "string") {
      parts.push(...splitText(unit, limit).map((piece) => ({ text: piece })));
      continue;
    }
    const last = parts.at(-1);
    const isRoomy = last !== undefined && last.table === undefined && last.text.length + unit.raw.length <= limit;
    if (isRoomy) last.table = unit;
    else parts.push({ text: "", table: unit });
  }
  return parts.map(formatPart).filter(({ plain }) => plain.trim() !== "");
}

/** The text between tables, and the tables, each small enough for one message. */
function readUnits(text: string, limit: number): readonly (string | Tokens.Table)[] {
  const units: (string | Tokens.Table)[] = [];
  let between = "";
  const flush = (): void => {
    if (between.trim() !== "") units.push(between);
    between = "";
  };
  for (const token of readTokens(inlineReferences(text))) {
    const table = token.type === "table" ? (token as Tokens.Table) : undefined;
    const tables = table === undefined ? undefined : fitsTable(table, limit) ? [table] : divideTable(table, limit);
    if (table === undefined || tables === undefined) {
      between += table === undefined ? token.raw : `\`\`\`\n${drawTable(table)}\n\`\`\`\n`;
      continue;
    }
    flush();
    units.push(...tables);
  }
  flush();
  return units;
}

function formatPart({ text, table }: { readonly text: string; readonly table?: Tokens.Table }): FormattedPart {
  const plain = [plainText(text), ...(table === undefined ? [] : [drawTable(table)])].filter((each) => each !== "");
  return {
    blocks: formatBlocks(readTokens(text)),
    ...(table === undefined ? {} : { table: formatTableBlock(table) }),
    plain: plain.join("\n\n"),
  };
}

/** What nests too deeply counts as plain words. */
function readTokens(text: string): readonly Token[] {
  try {
    return parseMarkdown(text);
  } catch (error) {
    if (error instanceof RangeError) return [{ type: "text", raw: text, text }];
    throw error;
  }
}
