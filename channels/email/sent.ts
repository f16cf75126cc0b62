import type { ImapFlow } from "imapflow";
import type { Reconciliation } from "../../src/core/channel.ts";
import { withTimeout } from "./timeout.ts";

const timeoutMs = 20_000;

/** Puts a copy of a mail that the SMTP server took into the Sent mailbox, as read. Rejects when that fails. */
export async function appendSent(client: ImapFlow, configured: string | undefined, raw: Buffer): Promise<void> {
  const path = configured ?? (await findSentMailbox(client));
  try {
    await withTimeout(client.append(path, raw, ["\\Seen"]), timeoutMs, "storing the sent mail");
  } catch (error) {
    if ((error as { serverResponseCode?: string }).serverResponseCode !== "TRYCREATE") throw error;
    await client.mailboxCreate(path);
    await withTimeout(client.append(path, raw, ["\\Seen"]), timeoutMs, "storing the sent mail");
  }
}

/**
 * Looks for a mail of ours in the Sent mailbox. It is put there after the SMTP server took it, so finding it proves the
 * sending; missing it proves nothing, for the crash may have come between the two.
 */
export async function findSent(
  client: ImapFlow,
  configured: string | undefined,
  messageId: string,
): Promise<Reconciliation> {
  const path = configured ?? (await findSentMailbox(client));
  try {
    await client.mailboxOpen(path, { readOnly: true });
  } catch {
    return { state: "unknown", reason: "There is no Sent mailbox to look into." };
  }
  const found = await client.search({ header: { "message-id": `<${messageId}>` } }, { uid: true });
  if (found && found.length > 0) return { state: "arrived", platformId: messageId };
  return { state: "unknown", reason: "No copy lies in the Sent mailbox; the mail may still have been sent." };
}

async function findSentMailbox(client: ImapFlow): Promise<string> {
  const mailboxes = await client.list();
  return mailboxes.find(({ specialUse }) => specialUse === "\\Sent")?.path ?? "Sent";
}
