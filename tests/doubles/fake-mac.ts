import { randomUUID } from "node:crypto";
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";

export interface FakeMac {
  readonly chatDb: string;
  readonly outboxFolder: string;
  /** Resolves with the GUID. */
  receive(message: {
    readonly chat?: string;
    readonly from?: string;
    readonly text?: string;
    readonly isFromMe?: boolean;
    /** Old macOS keeps the words in a column of their own, newer ones often in an archive only. */
    readonly isArchived?: boolean;
    /** Messages puts a row into its chat a moment later. */
    readonly isJoined?: boolean;
    readonly sentAt?: number;
    readonly tapback?: { readonly on: string; readonly type: number; readonly emoji?: string };
    readonly replyTo?: string;
    readonly file?: { readonly name: string; readonly content: Uint8Array };
    readonly itemType?: number;
  }): string;
  join(guid: string, chat: string): void;
  /** Without a text it is taken back. */
  edit(guid: string, text: string | undefined): void;
  sent(): readonly {
    readonly chat: string;
    readonly text: string;
    readonly files: readonly { readonly name: string; readonly content: Uint8Array }[];
  }[];
  /** Arguments of each call of osascript. */
  calls(): readonly (readonly string[])[];
  /** An AppleScript error; with "after" it comes when the message has gone out. "lost": no error, and no message. */
  failNext(how: string, skip?: number): void;
  stop(): Promise<void>;
}

const schema = `
  CREATE TABLE message (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL, text TEXT,
    handle_id INTEGER DEFAULT 0, subject TEXT, attributedBody BLOB, error INTEGER DEFAULT 0, date INTEGER,
    date_read INTEGER, date_delivered INTEGER, is_delivered INTEGER DEFAULT 0, is_from_me INTEGER DEFAULT 0,
    cache_has_attachments INTEGER DEFAULT 0, item_type INTEGER DEFAULT 0, associated_message_guid TEXT,
    associated_message_type INTEGER DEFAULT 0 /* newer */);
  CREATE TABLE handle (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, service TEXT NOT NULL);
  CREATE TABLE chat (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL, style INTEGER,
    chat_identifier TEXT, service_name TEXT, display_name TEXT);
  CREATE TABLE chat_message_join (chat_id INTEGER, message_id INTEGER, message_date INTEGER DEFAULT 0);
  CREATE TABLE attachment (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL, filename TEXT,
    mime_type TEXT, transfer_name TEXT, total_bytes INTEGER DEFAULT 0, hide_attachment INTEGER DEFAULT 0);
  CREATE TABLE message_attachment_join (message_id INTEGER, attachment_id INTEGER);
  PRAGMA journal_mode = WAL;`;
const newer = `, thread_originator_guid TEXT, date_edited INTEGER DEFAULT 0, date_retracted INTEGER DEFAULT 0,
    associated_message_emoji TEXT`;

const appleEpochMs = 978_307_200_000;
const toApple = (ms: number): bigint => BigInt(Math.floor(ms) - appleEpochMs) * 1_000_000n;

/**
 * What a Mac with Messages has: a chat.db, and an `osascript` that comes first on PATH and does to it what Messages
 * does. https://github.com/BlueBubblesApp/bluebubbles-server, docs/database, has samples of the real one.
 */
export async function createFakeMac({ isOld = false }: { readonly isOld?: boolean } = {}): Promise<FakeMac> {
  const folder = mkdtempSync(path.join(tmpdir(), "parlance-mac-"));
  const chatDb = path.join(folder, "chat.db");
  const outboxFolder = path.join(folder, "outbox");
  const database = new DatabaseSync(chatDb, { timeout: 5_000 });
  database.exec(schema.replace("/* newer */", isOld ? "" : newer));
  const bin = path.join(folder, "bin");
  await mkdir(bin);
  const failures = path.join(folder, "failures.json");
  const calls = path.join(folder, "calls.jsonl");
  writeFileSync(failures, "[]");
  writeFileSync(calls, "");
  writeFileSync(path.join(bin, "osascript"), formatOsascript(chatDb, failures, calls));
  chmodSync(path.join(bin, "osascript"), 0o755);
  const oldPath = process.env["PATH"];
  process.env["PATH"] = `${bin}:${oldPath ?? ""}`;

  function findRow(table: string, column: string, value: string, insert: () => unknown): number {
    const find = database.prepare(`SELECT ROWID AS id FROM ${table} WHERE ${column} = ?`);
    if (find.get(value) === undefined) insert();
    return Number(find.get(value)?.["id"]);
  }

  function findChat(guid: string): number {
    const [service = "", kind = "", address = ""] = guid.split(";");
    return findRow("chat", "guid", guid, () =>
      database
        .prepare("INSERT INTO chat (guid, style, chat_identifier, service_name, display_name) VALUES (?, ?, ?, ?, ?)")
        .run(guid, kind === "+" ? 43 : 45, address, service, kind === "+" ? "Example" : ""),
    );
  }

  function rowOf(guid: string): number {
    return Number(database.prepare("SELECT ROWID AS id FROM message WHERE guid = ?").get(guid)?.["id"]);
  }

  function join(guid: string, chat: string): void {
    database
      .prepare("INSERT INTO chat_message_join (chat_id, message_id) VALUES (?, ?)")
      .run(findChat(chat), rowOf(guid));
  }

  return {
    chatDb,
    outboxFolder,
    join,
    receive(message) {
      const {
        from = "+15550100042",
        text = "",
        isFromMe = false,
        isArchived = true,
        isJoined = true,
        file,
        tapback,
      } = message;
      const guid = randomUUID().toUpperCase();
      const handle = findRow("handle", "id", from, () =>
        database.prepare("INSERT INTO handle (id, service) VALUES (?, 'iMessage')").run(from),
      );
      database
        .prepare(
          `INSERT INTO message (guid, text, attributedBody, handle_id, date, is_from_me, cache_has_attachments, item_type,
            associated_message_guid, associated_message_type) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(
          guid,
          isArchived ? null : text,
          isArchived ? archive(text) : null,
          isFromMe ? 0 : handle,
          toApple(message.sentAt ?? Date.now()),
          isFromMe ? 1 : 0,
          file === undefined ? 0 : 1,
          message.itemType ?? 0,
          tapback === undefined ? null : `p:0/${tapback.on}`,
          tapback?.type ?? 0,
        );
      if (tapback?.emoji !== undefined)
        database.prepare("UPDATE message SET associated_message_emoji = ? WHERE guid = ?").run(tapback.emoji, guid);
      if (message.replyTo !== undefined)
        database.prepare("UPDATE message SET thread_originator_guid = ? WHERE guid = ?").run(message.replyTo, guid);
      if (file !== undefined) {
        const location = path.join(folder, `${guid}-${file.name}`);
        writeFileSync(location, file.content);
        database
          .prepare(
            "INSERT INTO attachment (guid, filename, mime_type, transfer_name, total_bytes) VALUES (?, ?, ?, ?, ?)",
          )
          .run(guid, location, "image/png", file.name, file.content.length);
        database.exec(`INSERT INTO message_attachment_join VALUES (${rowOf(guid)}, last_insert_rowid())`);
      }
      if (isJoined) join(guid, message.chat ?? `any;-;${from}`);
      return guid;
    },
    edit(guid, text) {
      const at = toApple(Date.now());
      database
        .prepare(
          "UPDATE message SET text = NULL, attributedBody = ?, date_edited = ?, date_retracted = ? WHERE guid = ?",
        )
        .run(text === undefined ? null : archive(text), at, text === undefined ? at : 0, guid);
    },
    sent() {
      const rows = database
        .prepare(
          `SELECT m.ROWID AS id, m.subject AS sent, c.guid AS chat FROM message m
           JOIN chat_message_join j ON j.message_id = m.ROWID JOIN chat c ON c.ROWID = j.chat_id
           WHERE m.is_from_me = 1 AND m.subject IS NOT NULL ORDER BY m.ROWID`,
        )
        .all();
      const files = database.prepare(
        "SELECT a.filename, a.transfer_name FROM attachment a JOIN message_attachment_join j ON j.attachment_id = a.ROWID WHERE j.message_id = ?",
      );
      return rows.map((row) => ({
        chat: String(row["chat"]),
        text: String(row["sent"]),
        files: files.all(Number(row["id"])).map((file) => ({
          name: String(file["transfer_name"]),
          content: readFileSync(String(file["filename"])),
        })),
      }));
    },
    calls: () =>
      readFileSync(calls, "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as string[]),
    failNext(how, skip = 0) {
      const planned = JSON.parse(readFileSync(failures, "utf8")) as unknown[];
      writeFileSync(failures, JSON.stringify([...planned, { how, skip }]));
    },
    async stop() {
      if (oldPath === undefined) delete process.env["PATH"];
      else process.env["PATH"] = oldPath;
      database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** As NSArchiver writes an NSAttributedString: classes, then the string as counted bytes, then attributes. */
export function archive(text: string, stringClass: "NSString" | "NSMutableString" = "NSString"): Uint8Array {
  const counted = (value: string): Buffer =>
    Buffer.concat([Buffer.from([Buffer.byteLength(value)]), Buffer.from(value)]);
  const bytes = Buffer.from(text);
  const length =
    bytes.length < 0x80
      ? Buffer.from([bytes.length])
      : bytes.length < 0x10000
        ? Buffer.from([0x81, bytes.length & 0xff, bytes.length >> 8])
        : Buffer.from([0x82, bytes.length & 0xff, (bytes.length >> 8) & 0xff, (bytes.length >> 16) & 0xff, 0]);
  const isMutable = stringClass === "NSMutableString";
  return Buffer.concat([
    Buffer.from([0x04]),
    counted("streamtyped"),
    Buffer.from([0x81, 0xe8, 0x03, 0x84, 0x01, 0x40, 0x84, 0x84, 0x84]),
    counted(isMutable ? "NSMutableAttributedString" : "NSAttributedString"),
    Buffer.from([0x00, 0x84, 0x84]),
    ...(isMutable ? [counted("NSAttributedString"), Buffer.from([0x00, 0x84, 0x84])] : []),
    counted("NSObject"),
    Buffer.from([0x00, 0x85, 0x92, 0x84, 0x84, 0x84]),
    counted(stringClass),
    ...(isMutable ? [Buffer.from([0x01, 0x84, 0x84]), counted("NSString")] : []),
    Buffer.from(isMutable ? [0x01, 0x95, 0x84, 0x01] : [0x01, 0x94, 0x84, 0x01]),
    Buffer.from("+"),
    length,
    bytes,
    Buffer.from([0x86, 0x84, 0x02]),
    Buffer.from("iI"),
    Buffer.from([0x01, 0x10, 0x92, 0x84, 0x84, 0x84]),
    counted("NSDictionary"),
    Buffer.from([0x00, 0x94, 0x84, 0x01]),
    Buffer.from("i"),
    Buffer.from([0x01, 0x92, 0x84, 0x96, 0x96]),
    counted("__kIMMessagePartAttributeName"),
    Buffer.from([0x86, 0x86]),
  ]);
}

/** The words of the script are checked for holding nothing of the message; the row's subject keeps what was said. */
function formatOsascript(chatDb: string, failures: string, calls: string): string {
  return `#!${process.execPath}
const { appendFileSync, readFileSync, statSync, writeFileSync } = require("node:fs");
const { DatabaseSync } = require("node:sqlite");
const { basename } = require("node:path");
const { randomUUID } = require("node:crypto");
${archive.toString()}
const given = process.argv.slice(2);
const script = [];
while (given[0] === "-e") script.push(given.splice(0, 2)[1]);
appendFileSync(${JSON.stringify(calls)}, JSON.stringify(given) + "\\n");
const fail = (number) => {
  process.stderr.write("0:0: execution error: Messages got an error: " + JSON.stringify(given[2] ?? "") + " (" + number + ")\\n");
  process.exit(1);
};
const planned = JSON.parse(readFileSync(${JSON.stringify(failures)}, "utf8"));
const [next] = planned;
let how = "";
if (next !== undefined) {
  if (next.skip === 0) how = planned.shift().how;
  else next.skip -= 1;
  writeFileSync(${JSON.stringify(failures)}, JSON.stringify(planned));
}
const [kind, target, content] = given;
if (!script.includes("on run argv") || given.length !== 3 || script.join(" ").includes(content)) fail(-2741);
if (how !== "" && how !== "lost" && !how.endsWith(" after")) fail(how);
if (how === "lost") process.exit(0);
const database = new DatabaseSync(${JSON.stringify(chatDb)}, { timeout: 5000 });
const guid = kind.startsWith("chat") ? target : "any;-;" + target;
let chat = database.prepare("SELECT ROWID AS id FROM chat WHERE guid = ?").get(guid);
if (chat === undefined && kind.startsWith("chat")) fail(-1728);
if (chat === undefined) {
  database.prepare("INSERT INTO chat (guid, style, chat_identifier) VALUES (?, 45, ?)").run(guid, target);
  chat = database.prepare("SELECT ROWID AS id FROM chat WHERE guid = ?").get(guid);
}
const isFile = kind.endsWith("file");
const date = BigInt(Date.now() - ${appleEpochMs}) * 1000000n;
const { lastInsertRowid: row } = database
  .prepare("INSERT INTO message (guid, text, attributedBody, date, is_from_me, subject, cache_has_attachments) VALUES (?, NULL, ?, ?, 1, ?, ?)")
  .run(randomUUID().toUpperCase(), archive(isFile ? "\\ufffc" : content), date, isFile ? "" : content, isFile ? 1 : 0);
if (isFile) {
  const { lastInsertRowid: file } = database
    .prepare("INSERT INTO attachment (guid, filename, transfer_name, total_bytes) VALUES (?, ?, ?, ?)")
    .run(randomUUID(), content, basename(content), statSync(content).size);
  database.prepare("INSERT INTO message_attachment_join VALUES (?, ?)").run(row, file);
}
database.prepare("INSERT INTO chat_message_join (chat_id, message_id) VALUES (?, ?)").run(chat.id, row);
if (how.endsWith(" after")) fail(how.slice(0, -" after".length));
`;
}
