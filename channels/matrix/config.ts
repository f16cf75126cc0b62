import { z } from "zod";

const userId = /^@[^\s:]+:[^\s/]+$/;

/** What stands under `channels.<name>` for `platform: matrix`, without the keys that every channel has. */
export const optionsSchema = z
  .strictObject({
    /** Address of the client API, such as https://matrix.example.org. */
    homeserverUrl: z.url({ protocol: /^https?$/ }),
    /** The bot's own account. */
    userId: z.string().regex(userId, 'must look like "@bot:example.org"'),
    /** A token of a session that nothing else uses. Either this or `password`. */
    accessToken: z.string().min(1).optional(),
    /** Logs in once; the token that it gives is then kept in the store. */
    password: z.string().min(1).optional(),
    /** The device that `accessToken` belongs to; compared with what the server says. */
    deviceId: z.string().min(1).optional(),
    /** Whose invitations are followed. */
    acceptInvites: z.enum(["none", "allowed", "all"]).default("allowed"),
    /** For "allowed": user ids and names of servers. */
    allowInvitesFrom: z
      .array(z.string().regex(/^(?:@[^\s:]+:)?[^\s/@]+$/, "must be a user id or a server name"))
      .default([]),
  })
  .refine((options) => options.accessToken !== undefined || options.password !== undefined, {
    message: "is needed, or `password`",
    path: ["accessToken"],
  });

export type MatrixOptions = z.infer<typeof optionsSchema>;
