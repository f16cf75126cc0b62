import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { createStore, openDatabase } from "../../src/store/index.ts";
import { inbound, kept, room, turn } from "./mail.ts";

const folder = mkdtempSync(join(tmpdir(), "parlance-attachments-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string) =>
  ({ kind: "file", name, mimeType: "text/plain", bytes: 1, path: `files/${name}` }) as const;

it("finds the files of a conversation: said, being answered, waiting; the newest first, each once, and no others'", async () => {
  const store = await createStore(await openDatabase(join(folder, "store.db")));
  const mail = (id: string, ...names: readonly string[]) => inbound(id, { attachments: names.map(file) });
  await store.write(async (transaction) => {
    await transaction.addMessages([
      kept("1", { shown: mail("1", "old") }),
      kept("2", { shown: inbound("2", { text: '"attachments":[{' }) }),
      kept("3", { shown: mail("3", "elsewhere"), conversation: "test/other" }),
      kept("4", { shown: mail("4", "again", "older") }),
    ]);
    await transaction.addInbox(mail("5", "busy"), room, "new");
    await transaction.addInbox(mail("6", "forgotten"), room, "done");
  });
  const [busy] = await store.unreadMail(room, 10);
  await store.write(async (transaction) => {
    await transaction.saveTurn(turn("t", { inbox: [busy!], state: "waiting" }));
    await transaction.markInboxDone([busy!.seq], "t");
    await transaction.addInbox(mail("7", "new", "again"), room, "new");
  });
  expect((await store.attachments(room)).map(({ name }) => name)).toEqual(["new", "again", "busy", "older", "old"]);
  await store.close();
});
