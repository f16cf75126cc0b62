import { z } from "zod";

const host = z.string().min(1);
const port = z.number().int().min(1).max(65_535);

const imap = z.strictObject({
  host,
  port: port.default(993),
  /** TLS from the first byte. False: STARTTLS. */
  secure: z.boolean().default(true),
  user: z.string().min(1),
  password: z.string().min(1),
  /** Certificates to trust beside the system's, as PEM or as the path of a PEM file. */
  ca: z.string().optional(),
  caFile: z.string().optional(),
  /** With `secure: false`: refuse to log in without STARTTLS. */
  requireTls: z.boolean().default(true),
});

const smtp = z.strictObject({
  host,
  port: port.default(465),
  secure: z.boolean().default(true),
  /** Absent together with the password: no login, as for a relay on this machine. */
  user: z.string().min(1).optional(),
  password: z.string().min(1).optional(),
  ca: z.string().optional(),
  caFile: z.string().optional(),
  /** With `secure: false`: refuse to send without STARTTLS. */
  requireTls: z.boolean().default(true),
});

/** Options of a configured mail account. */
export const optionsSchema = z.strictObject({
  address: z.string().regex(/^[^\s<>@,;:"]+@[^\s<>@,;:"]+$/, "must be a mail address such as ada@example.org"),
  /** Shown as the sender's name. */
  name: z.string().optional(),
  imap,
  smtp,
  mailbox: z.string().min(1).default("INBOX"),
  /** Absent: the mailbox that the server marks as \Sent, else "Sent". */
  sentMailbox: z.string().min(1).optional(),
  /** Larger mails are taken without their attachments; larger ones are not sent. */
  maxMessageBytes: z.number().int().min(65_536).default(26_214_400),
  /** The authserv-id whose Authentication-Results are believed. Present: senders without a DMARC pass are strangers. */
  trustedAuthServer: z.string().min(1).optional(),
});

export type EmailOptions = z.infer<typeof optionsSchema>;
