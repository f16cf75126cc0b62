import { z } from "zod";

export const optionsSchema = z.strictObject({
  /** Larger uploads are refused. */
  maxFileBytes: z
    .int()
    .positive()
    .default(25 * 1024 * 1024),
  /** Open pages of everybody together; more are asked to come back later. */
});

export type WebchatOptions = z.output<typeof optionsSchema>;
