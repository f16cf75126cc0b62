import { z } from "zod";

/** What stands under `channels.<name>` for `platform: signal`, without the keys that every channel has. */
export const optionsSchema = z.strictObject({
  /** Where `signal-cli daemon --http` listens, such as "http://127.0.0.1:8080". */
  rpcUrl: z.url({ protocol: /^https?$/ }),
  /** The account on that daemon: its number, or its ACI where it has none. */
  account: z
    .string()
    .regex(
      /^(?:\+\d{5,15}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i,
      'must look like "+15550100100", or be an ACI (a UUID)',
    ),
  /** Tell people that their message was read, once it is stored? */
  readReceipts: z.boolean().default(true),
  /** Larger files are named instead of sent: signal-cli reads no text of more than 20 million letters. */
  maxUploadBytes: z.int().min(1).max(14_900_000).default(14_000_000),
  /** A daemon that sends nothing for so long, not even a sign of life, is asked anew. It sends one every 15 s. */
  silentSeconds: z.number().min(1).max(3_600).default(60),
});

export type SignalOptions = z.infer<typeof optionsSchema>;
