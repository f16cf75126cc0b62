import { sql } from "kysely";
import type { Database } from "../core/database.ts";
import type { InboundMessage, OutboundMessage, PlacedMessage } from "../core/message.ts";
import type { QueryBuilder } from "./query.ts";

type SaidRow = { external_id: string; shown: string; parts: string | null; at: number };
type MailRow = { message: string; received_at: number };
type Dated = PlacedMessage & { readonly at: number };

/**
 * The latest messages of a conversation that its platform knows by an id, the latest first: what others said, mail
 * that waits or is being answered included, and what we sent. Commands, their answers, and questions with buttons are
 * left out.
 */
export function createPlacedQuery(build: QueryBuilder, database: Database) {
  function ours(conversation: string, limit: number) {
    return (
      build
        .selectFrom("message")
        .innerJoin("outbox", "outbox.id", "message.external_id")
        .select(["message.external_id", "message.shown", "outbox.parts", "message.at"])
        .where("message.conversation", "=", conversation)
        .where("message.role", "=", "assistant")
        .where("message.shown", "is not", null)
        .where("message.shown", "not like", '%"choices":[%')
        // Of what the model does not read, only what was said outside of turns is a message of its own.
        .where((where) =>
          where.or([
            where("message.in_context", "=", sql.lit(1)),
            where("message.turn_id", "=", where.ref("message.external_id")),
          ]),
        )
        .where("outbox.state", "=", sql.lit("sent"))
        .where("outbox.parts", "!=", "[]")
        .orderBy("message.seq", "desc")
        .limit(limit)
    );
  }

  function theirs(conversation: string, limit: number) {
    return build
      .selectFrom("message")
      .select(["external_id", "shown", sql<null>`null`.as("parts"), "at"])
      .where("conversation", "=", conversation)
      .where("role", "=", "user")
      .where("shown", "is not", null)
      .orderBy("seq", "desc")
      .limit(limit);
  }

  function mail(conversation: string, limit: number) {
    const open = build
      .selectFrom("turn")
      .select("id")
      .where("conversation", "=", conversation)
      .where("state", "in", ["running", "waiting", "ready"]);
    const newest = build
      .selectFrom("inbox")
      .select(["message", "received_at"])
      .where("conversation", "=", conversation)
      .orderBy("seq", "desc")
      .limit(limit);
    return [newest.where("state", "=", sql.lit("new")), newest.where("turn_id", "in", open)];
  }

  return async function recentMessages(conversation: string, limit: number): Promise<readonly PlacedMessage[]> {
    const [said, open] = await Promise.all([
      Promise.all(
        [ours(conversation, limit), theirs(conversation, limit)].map((query) =>
          database.read<SaidRow>(query.compile()),
        ),
      ),
      Promise.all(mail(conversation, limit).map((query) => database.read<MailRow>(query.compile()))),
    ]);
    const all = [...said.flat().map(toPlaced), ...open.flatMap((rows) => foldMail(rows.toReversed()))];
    return [...new Map(all.filter(({ text }) => !text.startsWith("/")).map((one) => [one.platformId, one])).values()]
      .toSorted((one, other) => other.at - one.at)
      .slice(0, limit)
      .map(({ at: _at, ...placed }) => placed);
  };
}

function toPlaced({ external_id: id, shown, parts, at }: SaidRow): Dated {
  const { text } = JSON.parse(shown) as InboundMessage | OutboundMessage;
  if (parts === null) return { platformId: id, text, at };
  const [first = "", ...more] = JSON.parse(parts) as readonly string[];
  return { platformId: first, ours: { outboundId: id, parts: more.length + 1 }, text, at };
}

/** Mail as it reads now: edits and deletions are mail, too. */
function foldMail(rows: readonly MailRow[]): readonly Dated[] {
  const found = new Map<string, Dated & { readonly sender: string }>();
  for (const row of rows) {
    const { id, kind, text, targetId = "", sender } = JSON.parse(row.message) as InboundMessage;
    const target = found.get(targetId);
    if (kind === "message") found.set(id, { platformId: id, text, at: row.received_at, sender: sender.id });
    else if (kind === "deletion") found.delete(targetId);
    else if (kind === "edit" && target?.sender === sender.id) found.set(targetId, { ...target, text });
  }
  return Array.from(found.values(), ({ platformId, text, at }) => ({ platformId, text, at }));
}
