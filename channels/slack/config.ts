import { z } from "zod";

/** What stands under `channels.<name>` for `platform: slack`, without the keys that every channel has. */
export const optionsSchema = z
  .strictObject({
    /** Bot User OAuth Token, "xoxb-…". */
    botToken: z
      .string()
      .min(10)
      .refine(
        (token) => !/^(?:xapp|xoxp|xoxe)-/.test(token),
        'must be the Bot User OAuth Token, which begins with "xoxb-"',
      ),
    /** App-level token with connections:write, "xapp-…". Set it, and Slack is listened to over a socket. */
    appToken: z
      .string()
      .min(10)
      .refine((token) => !token.startsWith("xox"), 'must be the app-level token, which begins with "xapp-"')
      .optional(),
    /** Set it, and Slack's signed calls of /hooks/<channel> are taken in. */
    signingSecret: z.string().min(16).optional(),
    /** Address of the Web API: a proxy, GovSlack, a test server. */
    slackApiUrl: z.url({ protocol: /^https?$/ }).default("https://slack.com/api/"),
    /**
     * "follow": a mention in a channel is answered in a thread, where no further mention is needed. "mention": in a
     * thread, and each message has to mention us. "flat": in the channel itself.
     */
    threads: z.enum(["follow", "mention", "flat"]).default("follow"),
  })
  .refine((options) => options.appToken !== undefined || options.signingSecret !== undefined, {
    message: "is needed to receive anything (Socket Mode), or `signingSecret` for Slack's calls by HTTP",
    path: ["appToken"],
  });

export type SlackOptions = z.infer<typeof optionsSchema>;
