import { AppError } from "../../src/core/errors.ts";
import type { FileStore } from "../../src/core/channel.ts";
import { loadPackage } from "../../src/core/load-package.ts";
import type { Attachment } from "../../src/core/message.ts";
import type { OutgoingMail } from "./format.ts";

/**
 * The bytes of a mail as they go to the server and into the Sent mailbox. Throws AppError "send-rejected" when it would
 * be larger than `maxBytes`.
 */
export async function composeMail(
  mail: OutgoingMail,
  attachments: readonly Attachment[],
  files: Pick<FileStore, "open">,
  date: Date,
  maxBytes: number,
): Promise<Buffer> {
  // Base64 makes four bytes of three, and breaks its lines.
  const bytes = attachments.reduce((sum, attachment) => sum + attachment.bytes, 0) * 1.37;
  if (bytes > maxBytes)
    throw new AppError("send-rejected", "The attachments are larger than maxMessageBytes allows.", {
      hint: "Send fewer or smaller files.",
    });
  const { default: MailComposer } = await loadPackage("nodemailer", () => import("nodemailer/lib/mail-composer"));
  const composer = new MailComposer({
    from: mail.from,
    to: { name: "", address: mail.to },
    subject: mail.subject,
    messageId: `<${mail.messageId}>`,
    ...(mail.inReplyTo === undefined ? {} : { inReplyTo: `<${mail.inReplyTo}>` }),
    ...(mail.references.length === 0 ? {} : { references: mail.references.map((id) => `<${id}>`) }),
    headers: { ...mail.headers },
    date,
    text: mail.text,
    html: mail.html,
    attachments: attachments.map((attachment) => ({
      filename: attachment.name,
      contentType: attachment.mimeType,
      content: files.open(attachment),
    })),
    disableFileAccess: true,
    disableUrlAccess: true,
    newline: "win",
  });
  return composer.compile().build();
}
