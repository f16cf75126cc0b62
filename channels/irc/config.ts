import { z } from "zod";

const oneWord = z.string().regex(/^[^\s:,\p{Cc}][^\s,\p{Cc}]*$/u, "must be one word");

/** What stands under `channels.<name>` for `platform: irc`, without the keys that every channel has. */
export const optionsSchema = z.strictObject({
  host: z.string().min(1),
  port: z.int().min(1).max(65_535).optional(),
  /** Default true: on plain connections, everybody on the way reads along. */
  tls: z.boolean().default(true),
  /** Path of a PEM file with the certificates to trust instead of the system's. */
  ca: z.string().optional(),
  nick: oneWord.max(30),
  /** Of the server, not of the account. */
  password: z.string().optional(),
  sasl: z.strictObject({ account: oneWord, password: z.string().min(1) }).optional(),
  /** Rooms to be in. */
  channels: z.array(z.string().regex(/^[#&+!][^\s,\p{Cc}]+$/u, 'must be a room such as "#ops"')).default([]),
  /** Pace after the first lines, which go out at once: servers throw out who writes faster. */
  linesPerSecond: z.number().min(0.1).max(1_000).default(2),
  /** A longer message is cut, and says so in its last line. */
  maxLines: z.int().min(2).max(1_000).default(100),
});

export type IrcOptions = z.output<typeof optionsSchema>;
