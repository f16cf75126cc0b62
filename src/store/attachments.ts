import type { Database } from "../core/database.ts";
import type { Attachment, InboundMessage } from "../core/message.ts";
import type { QueryBuilder } from "./query.ts";

const newest = 50;
/** As JSON.stringify writes it: at least one attachment. */
const hasAttachment = '%"attachments":[{%';

/** Files that came with the latest messages of a conversation, those being answered included; the newest first, each once. */
export function createAttachmentQuery(build: QueryBuilder, database: Database) {
  return async function attachments(conversation: string): Promise<readonly Attachment[]> {
    const said = build
      .selectFrom("message")
      .select(["shown as message"])
      .where("conversation", "=", conversation)
      .where("role", "=", "user")
      .where("shown", "like", hasAttachment)
      .orderBy("seq", "desc")
      .limit(newest);
    const mail = build
      .selectFrom("inbox")
      .select(["message"])
      .where("conversation", "=", conversation)
      .where("message", "like", hasAttachment)
      .orderBy("seq", "desc")
      .limit(newest);
    const open = build
      .selectFrom("turn")
      .select("id")
      .where("conversation", "=", conversation)
      .where("state", "in", ["running", "waiting", "ready"]);
    const queries = [mail.where("state", "=", "new"), mail.where("turn_id", "in", open), said];
    const rows = await Promise.all(queries.map((query) => database.read<{ message: string }>(query.compile())));
    const files = rows.flat().flatMap(({ message }) => (JSON.parse(message) as InboundMessage).attachments);
    return [...new Map(files.map((file) => [`${file.path}/${file.name}`, file])).values()];
  };
}
