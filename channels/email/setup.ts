import type { ChannelSetup } from "../../src/core/channel.ts";
import { AppError } from "../../src/core/errors.ts";
import { loadPackage } from "../../src/core/load-package.ts";
import { createTrust, type Trust } from "./certificates.ts";
import type { EmailOptions } from "./config.ts";
import { connectImap } from "./imap.ts";
import { describeTrouble } from "./trouble.ts";

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
    { key: "smtp.password", label: "Password for sending", secretName: "MAIL_SEND_PASSWORD" },
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

/** Logs in and hangs up. Throws AppError. */
async function checkSmtp(options: EmailOptions["smtp"], trust: Trust): Promise<void> {
  const { createTransport } = await loadPackage("nodemailer", () => import("nodemailer"));
  const { host, port, secure, user, password } = options;
  const transport = createTransport({
    host,
    port,
    secure: secure === "tls",
    requireTLS: secure === "starttls",
    ignoreTLS: secure === "none",
    connectionTimeout: 15_000,
    tls: { ...trust },
    ...(user === undefined || password === undefined ? {} : { auth: { user, pass: password } }),
  });
  try {
    await transport.verify();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown";
    throw code === "EAUTH"
      ? new AppError("unauthorised", "The SMTP server refused the login.", {
          hint: "Check smtp.user and smtp.password.",
        })
      : new AppError("unreachable", `The SMTP server cannot be used (${describeTrouble(code)}).`, {
          hint: "Check smtp.host, smtp.port and smtp.secure.",
        });
  } finally {
    transport.close();
  }
}
