import type { ChannelSetup } from "../../src/core/channel.ts";
import { AppError } from "../../src/core/errors.ts";
import { createTrust } from "./certificates.ts";
import { checkSmtp } from "./check-smtp.ts";
import type { EmailOptions } from "./config.ts";
import { connectImap } from "./imap.ts";

export const setup: ChannelSetup = {
  steps: `1. Look up your provider's IMAP and SMTP servers.
2. Make an app password where the usual one is refused (Gmail, iCloud, Fastmail and others).
   Gmail: https://myaccount.google.com/apppasswords, with 2-Step Verification switched on.
   Outlook.com, Hotmail and Microsoft 365 take no passwords any more and cannot be used yet.
3. Only who is let in here is answered: by mail nobody gets a code, because anybody can write any sender.`,
  questions: [
    { key: "address", label: "Your address", help: "Mail to it is read, and answers come from it." },
    {
      key: "allow",
      label: "Who is answered",
      help: "Addresses, such as ada@example.org. Empty: mail is taken from nobody.",
      kind: "list",
      isOptional: true,
    },
    { key: "imap.host", label: "IMAP server", help: "Such as imap.example.org." },
    { key: "imap.port", label: "IMAP port", default: "993", kind: "number" },
    { key: "imap.secure", label: "Security (tls, or starttls as on port 143)", default: "tls" },
    { key: "imap.user", label: "User name", help: "Mostly the address." },
    { key: "imap.password", label: "Password", secretName: "MAIL_PASSWORD" },
    { key: "smtp.host", label: "SMTP server", help: "Such as smtp.example.org." },
    { key: "smtp.port", label: "SMTP port", default: "465", kind: "number" },
    { key: "smtp.secure", label: "Security (tls, or starttls as on port 587)", default: "tls" },
    { key: "smtp.user", label: "User name for sending", help: "Mostly the address." },
    { key: "smtp.password", label: "Password for sending", help: "Mostly the same.", secretName: "MAIL_SEND_PASSWORD" },
  ],
  async check(given, signal) {
    const options = given as EmailOptions;
    const trust = await createTrust(options.ca)();
    const client = await connectImap(options.imap, trust, signal);
    const status = await client
      .status(options.mailbox, { messages: true, unseen: true })
      .catch(() => false as const)
      .finally(() => client.close());
    if (status === false)
      throw new AppError("not-found", `The server has no mailbox "${options.mailbox}".`, { hint: "Check mailbox." });
    await checkSmtp(options.smtp, trust);
    return `${options.address}: ${status.messages ?? 0} mails in ${options.mailbox}, ${status.unseen ?? 0} unread. Sending is let in, too.`;
  },
};
