import type { ImapFlow } from "imapflow";

export interface FoundMailbox {
  readonly path: string;
  readonly isThere: boolean;
}

/** The mailbox that the server marks so, or that has such a name; else the usual one, which need not be there. */
export async function findMailbox(
  client: ImapFlow,
  use: "\\Sent" | "\\Drafts",
  usual: string,
  configured?: string,
): Promise<FoundMailbox> {
  const mailboxes = await client.list();
  const wanted =
    configured === undefined
      ? mailboxes.find(({ specialUse }) => specialUse === use)
      : mailboxes.find(({ path }) => path === configured);
  return { path: wanted?.path ?? configured ?? usual, isThere: wanted !== undefined };
}

export const findSentMailbox = (client: ImapFlow, configured: string | undefined): Promise<FoundMailbox> =>
  findMailbox(client, "\\Sent", "Sent", configured);

/** Opens a mailbox so that nothing in it can be marked or changed. */
export async function openReadOnly(client: ImapFlow, path: string): Promise<void> {
  const opened = await client.mailboxOpen(path, { readOnly: true });
  // imapflow leaves flags out that the open mailbox does not keep, also when it adds a mail to another one.
  delete opened.permanentFlags;
}

/** Did the server say that there is no such mailbox? */
export function isMissingMailbox(error: unknown): boolean {
  const { code, serverResponseCode } = error as { code?: string; serverResponseCode?: string };
  return code === "NotFound" || serverResponseCode === "NONEXISTENT";
}
