import { z } from "zod";

const host = z.string().min(1);
const port = z.number().int().min(1).max(65_535);
/**
 * "tls": TLS from the first byte. "starttls": begins in plain text, and neither password nor mail is sent before
 * STARTTLS. "none": plain text.
 */
const secure = z.enum(["tls", "starttls", "none"]).default("tls");

const imap = z.strictObject({
  host,
  port: port.default(993),
  secure,
  user: z.string().min(1),
  password: z.string().min(1),
});

const smtp = z.strictObject({
  host,
  port: port.default(465),
  secure,
  /** Absent together with the password: no login, as for a relay on this machine. */
  user: z.string().min(1).optional(),
  password: z.string().min(1).optional(),
});

/** Options of a configured mail account. */
export const optionsSchema = z.strictObject({
  address: z.string().regex(/^[^\s<>@,;:"]+@[^\s<>@,;:"]+$/, "must be a mail address such as ada@example.org"),
  /** Shown as the sender's name. */
  name: z.string().optional(),
  imap,
  smtp,
  /** Path of a PEM file with the certificates to trust beside the system's, of both servers. */
  ca: z.string().min(1).optional(),
  mailbox: z.string().min(1).default("INBOX"),
  /** Absent: the mailbox that the server marks as \Sent, else "Sent". */
  sentMailbox: z.string().min(1).optional(),
  /** Larger mails are taken without their attachments; larger ones are not sent. */
  maxMessageBytes: z.number().int().min(65_536).default(26_214_400),
  /** The authserv-id whose Authentication-Results are believed. Present: senders without a DMARC pass are strangers. */
  trustedAuthServer: z.string().min(1).optional(),
});

export type EmailOptions = z.infer<typeof optionsSchema>;
