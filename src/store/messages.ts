import { sql, type ExpressionBuilder } from "kysely";
import type { Transcript, TranscriptEntry } from "../core/channel.ts";
import type { Database, SqlTransaction } from "../core/database.ts";
import { conversationId, parseConversationId, type InboundMessage, type OutboundMessage } from "../core/message.ts";
import type { ContentPart, ModelMessage } from "../core/model.ts";
import type { NewMessage, Store, StoredMessage, StoreTransaction } from "../core/store.ts";
import { prepare, prepareInsert, type QueryBuilder } from "./query.ts";
import type { Tables } from "./tables.ts";

type Row = Tables["message"] & { seq: number };
type InboxRow = { seq: number; message: string; received_at: number };
type HistoryRow = Pick<Row, "seq" | "turn_id" | "content" | "role" | "at" | "is_pinned">;

/** Recent messages looked through by a word search: bounds its cost, whatever the age of the conversation. */
const searchWindow = 2_000;

function toStored(row: HistoryRow): StoredMessage {
  const message = { role: row.role, content: JSON.parse(row.content) as unknown } as ModelMessage;
  return { seq: row.seq, turnId: row.turn_id, message, at: row.at, isPinned: row.is_pinned === 1 };
}

function textOf(message: NewMessage): string {
  if (message.shown !== undefined) return message.shown.text;
  return message.message.content.map((part) => (part.type === "text" ? part.text : "")).join("");
}

/** The model read their words among others: who wrote, and when. */
function reviseTheirs(content: readonly ContentPart[], { text: old }: { readonly text: string }, text: string) {
  return content.map((part) => (part.type === "text" ? { ...part, text: part.text.replace(old, () => text) } : part));
}

/** All that the model said becomes the new text, behind what it thought. */
function reviseOwn(content: readonly ContentPart[], text: string): readonly ContentPart[] {
  return [...content.filter(({ type }) => type !== "text"), { type: "text", text }];
}

/** What was said, for the model (`in_context`) and for people. */
export function createMessageTable(build: QueryBuilder, database: Database) {
  const insert = prepareInsert<Omit<Tables["message"], "seq">>((rows) =>
    build
      .insertInto("message")
      .values([...rows])
      // A message kept out of context by a turn that was given up comes into it with the turn that answers it after all.
      .onConflict((conflict) =>
        conflict
          .columns(["conversation", "external_id"])
          .doUpdateSet((set) => ({ in_context: set.ref("excluded.in_context"), turn_id: set.ref("excluded.turn_id") }))
          .where("message.in_context", "=", sql.lit(0))
          .where("excluded.in_context", "=", sql.lit(1)),
      ),
  );
  type Span = {
    readonly conversation: string;
    readonly session: number;
    readonly afterSeq: number;
    readonly limit: number;
  };
  const inSession = (conversation: string, session: number) =>
    build
      .selectFrom("message")
      .select(["seq", "turn_id", "content", "role", "at", "is_pinned"])
      .where("conversation", "=", conversation)
      .where("session", "=", session)
      .where("in_context", "=", sql.lit(1));
  const newestOf = prepare<Span>((values) =>
    inSession(values.conversation, values.session)
      .where("seq", ">", values.afterSeq)
      .orderBy("seq", "desc")
      .limit(values.limit),
  );

  return {
    async add(transaction: SqlTransaction, messages: readonly NewMessage[]): Promise<void> {
      if (messages.length === 0) return;
      const rows = messages.map((message) => ({
        conversation: message.conversation,
        session: message.session,
        turn_id: message.turnId,
        role: message.message.role,
        content: JSON.stringify(message.message.content),
        external_id: message.externalId,
        sender_name: message.senderName,
        text: textOf(message),
        shown: message.shown === undefined ? null : JSON.stringify(message.shown),
        in_context: message.inContext ? 1 : 0,
        is_pinned: 0,
        at: message.at,
      }));
      await transaction.run(insert(rows));
    },

    async revise(
      transaction: SqlTransaction,
      conversation: string,
      externalId: string,
      change: Parameters<StoreTransaction["reviseMessage"]>[2],
    ): Promise<void> {
      const isOurs = change !== "gone" && change.by === undefined;
      const isIt = (builder: ExpressionBuilder<Tables, "message">) =>
        builder.and({ conversation, external_id: externalId, role: isOurs ? "assistant" : "user" });
      if (change === "gone") {
        await transaction.run(build.deleteFrom("message").where(isIt).compile());
        return;
      }
      const [row] = (
        await transaction.run<Pick<Row, "content" | "shown">>(
          build.selectFrom("message").select(["content", "shown"]).where(isIt).compile(),
        )
      ).rows;
      if (row?.shown == null) return;
      const shown = JSON.parse(row.shown) as InboundMessage | OutboundMessage;
      if ("sender" in shown && shown.sender.id !== change.by) return;
      const content = JSON.parse(row.content) as ContentPart[];
      const set = {
        content: JSON.stringify(isOurs ? reviseOwn(content, change.text) : reviseTheirs(content, shown, change.text)),
        text: change.text,
        shown: JSON.stringify({ ...shown, text: change.text }),
      };
      await transaction.run(build.updateTable("message").set(set).where(isIt).compile());
    },

    async pin(transaction: SqlTransaction, conversation: string, seq: number, isPinned: boolean): Promise<void> {
      const update = build
        .updateTable("message")
        .set({ is_pinned: isPinned ? 1 : 0 })
        .where("seq", "=", seq)
        .where("conversation", "=", conversation);
      await transaction.run(update.compile());
    },

    /** The newest `limit` messages of the session for the model, oldest first; with pinned ones from before. */
    async history(
      conversation: string,
      { session, afterSeq, limit, hasPins }: Parameters<Store["history"]>[1],
    ): Promise<StoredMessage[]> {
      const newest = (
        await database.read<HistoryRow>(newestOf({ conversation, session, afterSeq, limit }))
      ).toReversed();
      const first = newest[0];
      if (!hasPins) return newest.map(toStored);
      const pinned = await database.read<HistoryRow>(
        inSession(conversation, session)
          .where("is_pinned", "=", sql.lit(1))
          .where("seq", "<", first?.seq ?? afterSeq + 1)
          .orderBy("seq")
          .compile(),
      );
      return [...pinned, ...newest].map(toStored);
    },

    async first(conversation: string, session: number): Promise<StoredMessage | undefined> {
      const query = inSession(conversation, session).orderBy("seq").limit(1);
      const [row] = await database.read<HistoryRow>(query.compile());
      return row && toStored(row);
    },

    async search(conversation: string, words: string, limit: number) {
      const wanted = words.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
      if (wanted.length === 0) return [];
      const query = build
        .selectFrom("message")
        .select(["at", "sender_name", "text"])
        .where("conversation", "=", conversation)
        .where("text", "!=", "")
        .orderBy("seq", "desc")
        .limit(searchWindow);
      const rows = await database.read<Pick<Row, "at" | "sender_name" | "text">>(query.compile());
      return rows
        .map((row) => ({ row, hits: wanted.filter((word) => row.text.toLowerCase().includes(word)).length }))
        .filter(({ hits }) => hits > 0)
        .toSorted((left, right) => right.hits - left.hits || right.row.at - left.row.at)
        .slice(0, limit)
        .map(({ row }) => ({ at: row.at, senderName: row.sender_name, text: row.text }));
    },
  };
}

/** What people see of one channel: said messages and mail not read yet. */
export function createTranscript(build: QueryBuilder, database: Database, channel: string): Transcript {
  // By code points, whatever language the database sorts by.
  const id = database.dialect === "postgres" ? sql<string>`id collate "C"` : sql<string>`id`;
  /** Mail that nobody has read yet, and mail that a turn is busy with. */
  async function unanswered(conversation: string, limit: number): Promise<InboxRow[]> {
    const newest = build
      .selectFrom("inbox")
      .select(["seq", "message", "received_at"])
      .orderBy("seq", "desc")
      .limit(limit);
    const unread = newest.where("conversation", "=", conversation).where("state", "=", sql.lit("new"));
    const running = build
      .selectFrom("turn")
      .select("id")
      .where("conversation", "=", conversation)
      .where("state", "in", ["running", "ready"]);
    const busy = newest.where("turn_id", "in", running);
    const found = await Promise.all([busy, unread].map((query) => database.read<InboxRow>(query.compile())));
    return found.flat().toSorted((left, right) => left.seq - right.seq);
  }

  return {
    async list(chatPrefix, limit) {
      const prefix = conversationId({ channel, chat: chatPrefix });
      const query = build
        .selectFrom("conversation")
        .select(["id", "title", "updated_at"])
        .where(id, ">=", prefix)
        .where(id, "<", `${prefix}\u{10ffff}`)
        .orderBy("updated_at", "desc")
        .limit(limit);
      const rows = await database.read<{ id: string; title: string | null; updated_at: number }>(query.compile());
      return rows.map((row) => ({
        chat: parseConversationId(row.id).chat,
        title: row.title ?? "",
        updatedAt: row.updated_at,
      }));
    },

    async read(chat, { limit, beforeAt }) {
      const conversation = conversationId({ channel, chat });
      let said = build
        .selectFrom("message")
        .select(["external_id", "sender_name", "shown", "at"])
        .where("conversation", "=", conversation)
        .where("shown", "is not", null);
      if (beforeAt !== undefined) said = said.where("at", "<", beforeAt);
      const rows = await database.read<Pick<Row, "external_id" | "sender_name" | "shown" | "at">>(
        said.orderBy("seq", "desc").limit(limit).compile(),
      );
      const waiting = beforeAt === undefined ? await unanswered(conversation, limit) : [];
      const entries = [
        ...rows
          .toReversed()
          .map((row) =>
            toEntry(JSON.parse(row.shown ?? "{}") as InboundMessage | OutboundMessage, row.sender_name, row.at),
          ),
        ...waiting.map((row) => {
          const message = JSON.parse(row.message) as InboundMessage;
          return toEntry(message, message.sender.name, row.received_at);
        }),
      ];
      return [...new Map(entries.map((entry) => [entry.id, entry])).values()].slice(-limit);
    },
  };
}

function toEntry(message: InboundMessage | OutboundMessage, senderName: string, at: number): TranscriptEntry {
  const isInbound = "sender" in message;
  return {
    id: message.id,
    direction: isInbound ? "in" : "out",
    senderName,
    text: message.text,
    attachments: message.attachments,
    at,
    ...(isInbound || message.choices === undefined ? {} : { choices: message.choices }),
  };
}
