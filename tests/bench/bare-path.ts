/*
 * The yardstick: the shortest program that takes a message over HTTP and answers it as durably as we promise, with
 * nothing else (no access rules, tools, channels, checks). What the service costs beyond it is what its features cost.
 *     node tests/bench/bare-path.ts MODEL_URL
 * prints its port. One SQLite file, synchronous=FULL, all writes of one tick of the event loop in one commit.
 */
import { createHash, randomUUID } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";

const database = new DatabaseSync(join(mkdtempSync(join(tmpdir(), "parlance-bare-")), "bare.db"));
database.exec(`pragma journal_mode=wal; pragma synchronous=full;
create table inbox (id integer primary key, external text unique, conversation text, message text, done integer);
create table conversation (id text primary key, fence integer, lease integer);
create table message (id integer primary key, conversation text, role text, text text);
create index message_conversation on message (conversation, id);
create table outbox (id text primary key, conversation text, text text, state text);
create table audit (id integer primary key, event text, hash text);`);
const sql = {
  inbox: database.prepare(
    "insert into inbox (external, conversation, message, done) values (?, ?, ?, 0) on conflict do nothing",
  ),
  lease: database.prepare(
    "insert into conversation values (?, 1, 1) on conflict (id) do update set fence = fence + 1, lease = 1 returning fence",
  ),
  unread: database.prepare("select * from inbox where conversation = ? and done = 0"),
  history: database.prepare("select * from message where conversation = ? order by id desc limit 50"),
  said: database.prepare("insert into message (conversation, role, text) values (?, 'user', ?), (?, 'assistant', ?)"),
  out: database.prepare("insert into outbox values (?, ?, ?, 'pending')"),
  done: database.prepare("update inbox set done = 1 where conversation = ? and done = 0"),
  free: database.prepare("update conversation set lease = 0 where id = ? and fence = ?"),
  sent: database.prepare("update outbox set state = 'sent' where id = ?"),
  audit: database.prepare("insert into audit (event, hash) values (?, ?)"),
};
let hash = "";
function audit(event: string): void {
  hash = createHash("sha256").update(`${hash}${event}`).digest("hex");
  sql.audit.run(event, hash);
}

let waiting: Array<{ work: () => unknown; resolve: (value: never) => void }> = [];
function write<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => {
    if (waiting.push({ work, resolve }) === 1) setImmediate(commit);
  });
}
function commit(): void {
  const batch = waiting;
  waiting = [];
  database.exec("begin immediate");
  const results = batch.map(({ work }) => work());
  database.exec("commit");
  batch.forEach(({ resolve }, index) => resolve(results[index] as never));
}

const model = createOpenAICompatible({ name: "fake", baseURL: process.argv[2] ?? "", includeUsage: true })("fake");
const app = new Hono();
app.post("/hooks/hook", async (context) => {
  const message = await context.req.json<{ id: string; chat: string; text: string }>();
  await write(() => {
    sql.inbox.run(message.id, message.chat, JSON.stringify(message));
    audit(`received ${message.id}`);
  });
  const { fence } = (await write(() => sql.lease.get(message.chat))) as { fence: number };
  sql.unread.all(message.chat);
  sql.history.all(message.chat);
  let text = "";
  const { stream } = await model.doStream({
    prompt: [{ role: "user", content: [{ type: "text", text: message.text }] }],
  });
  for await (const part of stream) if (part.type === "text-delta") text += part.delta;
  const id = randomUUID();
  await write(() => {
    sql.said.run(message.chat, message.text, message.chat, text);
    sql.out.run(id, message.chat, text);
    sql.done.run(message.chat);
    sql.free.run(message.chat, fence);
    audit(`answered ${message.id}`);
  });
  await write(() => sql.sent.run(id));
  return context.json({ status: "accepted", reply: { id, text } });
});
const server = createServer(getRequestListener(app.fetch));
server.listen(0, "127.0.0.1", () => process.stdout.write(`port ${(server.address() as AddressInfo).port}\n`));
