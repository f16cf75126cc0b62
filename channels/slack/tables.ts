import type { Tokens } from "marked";
import type * as types from "@slack/types";
import { formatInline, formatWords } from "./rich-inline.ts";

/** https://docs.slack.dev/reference/block-kit/blocks/table-block */
const maxRows = 100;
const maxColumns = 20;

/** Can Slack show it as a table of its own? */
export function fitsTable(table: Tokens.Table, maxLength: number): boolean {
  return table.header.length <= maxColumns && table.rows.length < maxRows && table.raw.length <= maxLength;
}

/** Rows of a table too large for one, in tables that fit; undefined where a single row is too large. */
export function divideTable(table: Tokens.Table, maxLength: number): readonly Tokens.Table[] | undefined {
  if (table.header.length > maxColumns) return undefined;
  const lengthOf = (row: readonly Tokens.TableCell[]): number =>
    row.reduce((sum, { text }) => sum + text.length + 3, 4);
  const headLength = 2 * lengthOf(table.header);
  const tables: { rows: Tokens.TableCell[][]; length: number }[] = [];
  for (const row of table.rows) {
    const length = lengthOf(row);
    if (headLength + length > maxLength) return undefined;
    let last = tables.at(-1);
    if (last === undefined || last.rows.length >= maxRows - 1 || last.length + length > maxLength)
      tables.push((last = { rows: [], length: headLength }));
    last.rows.push(row);
    last.length += length;
  }
  return tables.map(({ rows }) => ({ ...table, rows }));
}

/** Cells are rich text: Slack has refused plain ones at times, and empty ones always. */
export function formatTableBlock(table: Tokens.Table): types.TableBlock {
  const cell = (content: Tokens.TableCell, isHead: boolean): types.RichTextBlock => {
    const elements = formatInline(content.tokens, isHead ? { bold: true } : {});
    return {
      type: "rich_text",
      elements: [{ type: "rich_text_section", elements: elements.length === 0 ? formatWords(" ") : elements }],
    };
  };
  return {
    type: "table",
    rows: [
      table.header.map((each) => cell(each, true)),
      ...table.rows.map((row) => row.map((each) => cell(each, false))),
    ],
    column_settings: table.align.map((align) => ({ align: align ?? "left", is_wrapped: true })),
  };
}
