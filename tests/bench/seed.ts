import { createId } from "../../src/core/id.ts";
import { createStore, openDatabase } from "../../src/store/index.ts";

/** Messages of one INSERT: SQLite takes 32,766 parameters a statement. */
const perTransaction = 500;

/** Writes conversations of four messages each into a new database, as they would be after real use. */
export async function seedConversations(path: string, count: number): Promise<void> {
  const database = await openDatabase(path);
  const store = await createStore(database);
  const at = Date.now() - 86_400_000;
  for (let first = 0; first < count; first += perTransaction) {
    const numbers = Array.from({ length: Math.min(perTransaction, count - first) }, (_, index) => first + index);
    await database.write(async (sql) => {
      for (const n of numbers) {
        await sql.run({
          sql: "insert into conversation (id, fence, lease_until, updated_at, title) values (?, 1, 0, ?, ?)",
          parameters: [`hook/old${n}`, at, `old ${n}`],
        });
        await sql.run({
          sql: "insert into inbox (channel, external_id, conversation, message, state, received_at) values ('hook', ?, ?, '{}', 'done', ?)",
          parameters: [`old-${n}`, `hook/old${n}`, at],
        });
      }
    });
    await store.write((transaction) =>
      transaction.addMessages(
        numbers.flatMap((n) =>
          ["user", "assistant", "user", "assistant"].map((role, index) => ({
            conversation: `hook/old${n}`,
            session: 1,
            turnId: createId(at),
            message: {
              role: role as "user",
              content: [{ type: "text" as const, text: `message ${index} of conversation ${n}, some words long` }],
            },
            externalId: `old-${n}-${index}`,
            senderName: "Ada",
            shown: undefined,
            inContext: true,
            at,
          })),
        ),
      ),
    );
  }
  await store.close();
}
