import type { ImapFlow } from "imapflow";
import { draftField } from "./format.ts";
import { findHeader, parseHeaders } from "./headers.ts";
import { findMailbox } from "./mailboxes.ts";

/**
 * Makes the Drafts mailbox hold this mail as the only one of the draft; without a mail, none of it. The old one is taken
 * away only when the new one is there: a crash between leaves two, and the next call leaves one.
 */
export async function placeDraft(client: ImapFlow, draftId: string, raw: Buffer | undefined): Promise<void> {
  const { path, isThere } = await findMailbox(client, "\\Drafts", "Drafts");
  if (!isThere && raw === undefined) return;
  if (!isThere) await client.mailboxCreate(path);
  await client.mailboxOpen(path);
  const added = raw === undefined ? undefined : await appendDraft(client, path, raw);
  const uids = await findDrafts(client, draftId);
  const kept = raw === undefined ? undefined : (added ?? uids.at(-1));
  const old = uids.filter((uid) => uid !== kept);
  if (old.length > 0) await removeMails(client, old);
}

/** Its number, where the server tells it (UIDPLUS). */
async function appendDraft(client: ImapFlow, path: string, raw: Buffer): Promise<number | undefined> {
  const appended = await client.append(path, raw, ["\\Draft", "\\Seen"]);
  return appended ? appended.uid : undefined;
}

/** Oldest first. A search finds what holds the text anywhere in the field, so each one found is looked at. */
async function findDrafts(client: ImapFlow, draftId: string): Promise<readonly number[]> {
  const found = (await client.search({ header: { [draftField]: draftId } }, { uid: true })) || [];
  if (found.length === 0) return [];
  const key = draftField.toLowerCase();
  const uids: number[] = [];
  for await (const { uid, headers } of client.fetch(found, { uid: true, headers: [key] }, { uid: true })) {
    const value = findHeader(parseHeaders((headers ?? Buffer.alloc(0)).toString("latin1")), key);
    if (value === draftId) uids.push(uid);
  }
  return uids.toSorted((a, b) => a - b);
}

async function removeMails(client: ImapFlow, uids: readonly number[]): Promise<void> {
  const range = uids.join(",");
  if (client.capabilities.has("UIDPLUS")) {
    await client.messageDelete(range, { uid: true });
    return;
  }
  // A plain EXPUNGE takes everything that is marked, by whomever: then ours stay marked, which programs hide.
  const marked = (await client.search({ deleted: true }, { uid: true })) || [];
  if (marked.some((uid) => !uids.includes(uid))) await client.messageFlagsAdd(range, ["\\Deleted"], { uid: true });
  else await client.messageDelete(range, { uid: true });
}
