import type { FakeBlock } from "./fake-slack-store.ts";

/** What people see of blocks, marks taken off. */
export function showBlocks(blocks: readonly FakeBlock[]): string {
  return blocks.map(showBlock).filter(Boolean).join("\n");
}

function showBlock(block: FakeBlock): string {
  if (block.type === "actions" || block.type === "divider") return "";
  if (block.type === "table")
    return (block["rows"] as readonly (readonly FakeBlock[])[])
      .map((row) => row.map(showElement).join(" | "))
      .join("\n");
  if (block.type === "rich_text") return showElement(block);
  return showElement(block["text"] as FakeBlock);
}

function showElement(element: FakeBlock): string {
  if (typeof element["text"] === "string") return element["text"];
  if (element.type === "link") return String(element["url"]);
  if (element.type === "user") return `@${String(element["user_id"])}`;
  const inner = (element["elements"] as readonly FakeBlock[] | undefined) ?? [];
  return inner.map(showElement).join(element.type === "rich_text_list" || element.type === "rich_text" ? "\n" : "");
}

/** The error that Slack answers with, by the limits its pages on Block Kit name; undefined when all is well. */
export function findBlockFault(
  blocks: readonly FakeBlock[],
  attachments: readonly { readonly blocks?: readonly FakeBlock[] }[],
): string | undefined {
  const attached = attachments.flatMap((each) => each.blocks ?? []);
  if (blocks.length > 50) return "invalid_blocks: no more than 50 items allowed";
  if (JSON.stringify(blocks).length > 13_200) return "msg_blocks_too_long";
  for (const block of blocks) {
    const fault = findFault(block);
    if (fault !== undefined) return `invalid_blocks: ${fault}`;
    if (block.type === "table") return "invalid_blocks: unsupported type: table";
  }
  if (attached.filter(({ type }) => type === "table").length > 1) return "invalid_attachments: only_one_table_allowed";
  for (const block of attached) {
    const fault = block.type === "table" ? findTableFault(block) : findFault(block);
    if (fault !== undefined) return `invalid_attachments: ${fault}`;
  }
  return undefined;
}

const isWithin = (value: unknown, max: number): boolean =>
  typeof value === "string" && value.length >= 1 && value.length <= max;

function findFault(block: FakeBlock): string | undefined {
  if (JSON.stringify(block["block_id"] ?? "").length > 257) return "must be less than 256 characters [block_id]";
  const text = (block["text"] as FakeBlock | undefined)?.["text"];
  switch (block.type) {
    case "divider":
      return undefined;
    case "header":
      return isWithin(text, 150) ? undefined : "must be less than 151 characters [header]";
    case "section":
      return isWithin(text, 3_000) ? undefined : "must be less than 3001 characters [section]";
    case "actions":
      return findActionsFault(block["elements"] as readonly FakeBlock[]);
    case "rich_text":
      return findRichTextFault(block);
    default:
      return `unsupported type: ${block.type}`;
  }
}

function findActionsFault(elements: readonly FakeBlock[]): string | undefined {
  if (elements.length === 0 || elements.length > 25) return "no more than 25 items allowed [actions]";
  for (const element of elements) {
    if (!isWithin((element["text"] as FakeBlock)["text"], 75)) return "must be less than 76 characters [button/text]";
    if (!isWithin(element["value"], 2_000)) return "must be less than 2001 characters [button/value]";
    if (!["primary", "danger", undefined].includes(element["style"] as string | undefined)) return "invalid style";
  }
  if (new Set(elements.map((each) => each["action_id"])).size < elements.length) return "duplicate action_id";
  return undefined;
}

function findRichTextFault(element: FakeBlock): string | undefined {
  if (element.type === "text")
    return isWithin(element["text"], Infinity) ? undefined : "must be more than 0 characters";
  if (element.type === "link") return isWithin(element["url"], 3_000) ? undefined : "invalid url";
  if (element.type === "user" || element.type === "channel") return undefined;
  const inner = element["elements"] as readonly FakeBlock[] | undefined;
  if (inner === undefined || inner.length === 0) return `missing required field: elements [${element.type}]`;
  const allowed = {
    rich_text: ["rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted"],
    rich_text_list: ["rich_text_section"],
    rich_text_section: ["text", "link", "user", "channel"],
    rich_text_quote: ["text", "link", "user", "channel"],
    rich_text_preformatted: ["text", "link"],
  }[element.type];
  if (allowed === undefined) return `unsupported element: ${element.type}`;
  for (const each of inner) {
    if (!allowed.includes(each.type)) return `unsupported element: ${each.type} in ${element.type}`;
    const fault = findRichTextFault(each);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function findTableFault(block: FakeBlock): string | undefined {
  const rows = block["rows"] as readonly (readonly FakeBlock[])[];
  if (rows.length === 0 || rows.length > 100) return "no more than 100 items allowed [rows]";
  if (rows.flat().map(showElement).join("").length > 10_000) return "no more than 10000 characters allowed [rows]";
  for (const row of rows) {
    if (row.length === 0 || row.length > 20) return "no more than 20 items allowed [row]";
    for (const cell of row) {
      const fault = cell.type === "rich_text" ? findRichTextFault(cell) : `unsupported cell: ${cell.type}`;
      if (fault !== undefined) return fault;
    }
  }
  return undefined;
}
