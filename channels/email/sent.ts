import type { ImapFlow } from "imapflow";
import type { Reconciliation } from "../../src/core/channel.ts";
import { findSentMailbox, openReadOnly } from "./mailboxes.ts";
import { withTimeout } from "./timeout.ts";

const timeoutMs = 20_000;

/** Puts a copy of a mail that the SMTP server took into the Sent mailbox, as read. Rejects when that fails. */
export async function appendSent(client: ImapFlow, configured: string | undefined, raw: Buffer): Promise<void> {
  const { path } = await findSentMailbox(client, configured);
  try {
    await withTimeout(client.append(path, raw, ["\\Seen"]), timeoutMs, "storing the sent mail");
  } catch (error) {
    if ((error as { serverResponseCode?: string }).serverResponseCode !== "TRYCREATE") throw error;
    await client.mailboxCreate(path);
    await withTimeout(client.append(path, raw, ["\\Seen"]), timeoutMs, "storing the sent mail");
  }
}

/**
 * Looks for a mail of ours, whose end has left, in the Sent mailbox. It is put there after the SMTP server took it, so
 * finding it proves the sending; missing it proves nothing, for the crash may have come between the two.
 */
export async function findSent(
  client: ImapFlow,
  configured: string | undefined,
  messageId: string,
): Promise<Reconciliation> {
  const { path, isThere } = await findSentMailbox(client, configured);
  if (!isThere) return { state: "unknown", reason: "There is no Sent mailbox to look into." };
  await openReadOnly(client, path);
  const found = await client.search({ header: { "message-id": `<${messageId}>` } }, { uid: true });
  if (found && found.length > 0) return { state: "arrived", platformId: messageId };
  return { state: "unknown", reason: "No copy lies in the Sent mailbox; the mail may still have been sent." };
}
