import { homedir } from "node:os";
import path from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { AppError } from "../../src/core/errors.ts";
import type { BlueAttachment, BlueMessage } from "./message.ts";
import { readTypedStream } from "./typedstream.ts";

/** Messages' own history on this Mac. Everything is read-only. */
export interface ChatDb {
  lastRow(): number;
  /** Rows above `from`, up to and with `to`. */
  rows(from: number, to: number): readonly BlueMessage[];
  /** The latest messages since then, latest first. */
  since(after: number, limit: number): readonly BlueMessage[];
  /** What was edited or taken back at this time or later, oldest first. */
  edited(after: number, limit: number): readonly BlueMessage[];
  close(): void;
}

/** Apple counts from 2001, in nanoseconds. */
const appleEpochMs = 978_307_200_000;
/** Columns that older versions of macOS lack. */
const optionalColumns = [
  "thread_originator_guid",
  "associated_message_emoji",
  "date_edited",
  "date_retracted",
] as const;

interface Row {
  readonly rowid: number;
  readonly guid: string;
  readonly text: string | null;
  readonly body: Uint8Array | null;
  readonly date: number | bigint | null;
  readonly is_from_me: number;
  readonly item_type: number | null;
  readonly error: number | null;
  readonly associated_message_guid: string | null;
  readonly associated_message_type: number | null;
  readonly associated_message_emoji: string | null;
  readonly thread_originator_guid: string | null;
  readonly date_edited: number | bigint | null;
  readonly date_retracted: number | bigint | null;
  readonly has_files: number | null;
  readonly handle: string | null;
  readonly chat: string | null;
  readonly title: string | null;
}

/** Throws AppError that says what to do where macOS does not let us read it. */
export async function openChatDb(file: string | undefined): Promise<ChatDb> {
  const { DatabaseSync: Database } = await import("node:sqlite");
  const location = file ?? path.join(homedir(), "Library", "Messages", "chat.db");
  try {
    return createChatDb(new Database(location, { readOnly: true, timeout: 2_000 }));
  } catch (error) {
    if (!isRefused(error))
      throw new AppError("unreachable", "The history of Messages could not be read this time.", {
        retryAfterMs: 1_000,
      });
    throw new AppError("forbidden", "The history of Messages cannot be read.", {
      hint: "Give the program that runs Parlance Full Disk Access: System Settings > Privacy & Security. Only a Mac has it.",
    });
  }
}

/** SQLITE_CANTOPEN, SQLITE_AUTH, SQLITE_PERM: it is not there, or macOS does not let us. */
function isRefused(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && [14, 23, 3].includes(Number(error.errcode) & 0xff);
}

function createChatDb(database: DatabaseSync): ChatDb {
  const columns = new Set(
    database
      .prepare("PRAGMA table_info(message)")
      .all()
      .map((column) => String(column["name"])),
  );
  const optional = optionalColumns.map((name) => (columns.has(name) ? `m.${name}` : `NULL AS ${name}`)).join(", ");
  const select = `
    SELECT m.ROWID AS rowid, m.guid, m.text, m.attributedBody AS body, m.date, m.is_from_me, m.item_type, m.error,
      m.associated_message_guid, m.associated_message_type, m.cache_has_attachments AS has_files, ${optional},
      h.id AS handle, c.guid AS chat, c.display_name AS title
    FROM message m
    LEFT JOIN handle h ON h.ROWID = m.handle_id
    LEFT JOIN chat_message_join j ON j.message_id = m.ROWID
    LEFT JOIN chat c ON c.ROWID = j.chat_id`;
  const big = (sql: string): ReturnType<DatabaseSync["prepare"]> => {
    const statement = database.prepare(sql);
    // Nanoseconds do not fit into a number.
    statement.setReadBigInts(true);
    return statement;
  };
  const last = database.prepare("SELECT max(ROWID) AS last FROM message");
  const between = big(`${select} WHERE m.ROWID > ? AND m.ROWID <= ? GROUP BY m.ROWID ORDER BY m.ROWID`);
  const since = big(`${select} WHERE m.date >= ? GROUP BY m.ROWID ORDER BY m.date DESC LIMIT ?`);
  const edited = columns.has("date_edited")
    ? big(`${select} WHERE m.date_edited >= ? GROUP BY m.ROWID ORDER BY m.date_edited LIMIT ?`)
    : undefined;
  const files = database.prepare(`
    SELECT a.guid, a.filename, a.mime_type, a.transfer_name, a.total_bytes, a.hide_attachment
    FROM attachment a JOIN message_attachment_join j ON j.attachment_id = a.ROWID
    WHERE j.message_id = ? ORDER BY a.ROWID`);

  const read = (rows: readonly unknown[]): readonly BlueMessage[] =>
    (rows as readonly Row[]).map((row) => formatRow(row, (rowid) => files.all(rowid) as unknown as FileRow[]));

  return {
    lastRow: () => Number(last.get()?.["last"] ?? 0),
    rows: (from, to) => read(between.all(from, to)),
    since: (after, limit) => read(since.all(toAppleTime(after), limit)),
    edited: (after, limit) => (edited === undefined ? [] : read(edited.all(toAppleTime(after), limit))),
    close: () => database.close(),
  };
}

interface FileRow {
  readonly guid: string;
  readonly filename: string | null;
  readonly mime_type: string | null;
  readonly transfer_name: string | null;
  readonly total_bytes: number | null;
  readonly hide_attachment: number | null;
}

function formatRow(row: Row, listFiles: (rowid: number) => readonly FileRow[]): BlueMessage {
  const text = row.text ?? (row.body === null ? undefined : readTypedStream(row.body));
  const edited = fromAppleTime(row.date_edited);
  const retracted = fromAppleTime(row.date_retracted);
  const type = Number(row.associated_message_type ?? 0);
  return {
    originalROWID: Number(row.rowid),
    guid: row.guid,
    ...(text === undefined ? {} : { text }),
    handle: row.handle === null ? null : { address: row.handle },
    chats: row.chat === null ? [] : [{ guid: row.chat, displayName: row.title }],
    attachments: Number(row.has_files ?? 0) === 0 ? [] : listFiles(Number(row.rowid)).map(formatFile),
    error: Number(row.error ?? 0),
    dateCreated: fromAppleTime(row.date) ?? 0,
    ...(edited === undefined ? {} : { dateEdited: edited }),
    ...(retracted === undefined ? {} : { dateRetracted: retracted }),
    isFromMe: Number(row.is_from_me) === 1,
    itemType: Number(row.item_type ?? 0),
    associatedMessageGuid: row.associated_message_guid,
    associatedMessageType: type === 0 ? null : String(type),
    associatedMessageEmoji: row.associated_message_emoji,
    threadOriginatorGuid: row.thread_originator_guid,
  };
}

function formatFile(file: FileRow): BlueAttachment {
  const location = file.filename?.replace(/^~(?=\/)/, homedir());
  return {
    guid: file.guid,
    mimeType: file.mime_type,
    transferName: file.transfer_name,
    totalBytes: file.total_bytes,
    hideAttachment: Number(file.hide_attachment ?? 0) === 1,
    ...(location === undefined ? {} : { path: location }),
  };
}

/** Rounded down to the millisecond. */
function fromAppleTime(time: number | bigint | null): number | undefined {
  return time === null || Number(time) === 0 ? undefined : Number(BigInt(time) / 1_000_000n) + appleEpochMs;
}

function toAppleTime(ms: number): bigint {
  return BigInt(Math.max(0, Math.floor(ms) - appleEpochMs)) * 1_000_000n;
}
