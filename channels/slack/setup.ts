import type { ChannelSetup } from "../../src/core/channel.ts";
import { AppError } from "../../src/core/errors.ts";
import { createPauses } from "../_shared/pauses.ts";
import { callSlack } from "./api.ts";
import { optionsSchema } from "./config.ts";
import { readIdentity } from "./scopes.ts";

export const setup: ChannelSetup = {
  steps: [
    "1. Open https://api.slack.com/apps, choose **Create New App**, **From a manifest**, and your workspace.",
    "2. Paste the manifest from `channels/slack/README.md`, and choose **Create**.",
    "3. Under **Basic Information**, **App-Level Tokens**, generate a token with the scope `connections:write`.",
    "4. Under **Install App**, install it, and copy the Bot User OAuth Token.",
    "5. In Slack, invite it into a channel: `/invite @Parlance`.",
  ].join("\n"),
  questions: [
    {
      key: "botToken",
      label: "Bot User OAuth Token",
      help: 'Under "OAuth & Permissions". Begins with xoxb-.',
      secretName: "SLACK_BOT_TOKEN",
    },
    {
      key: "appToken",
      label: "App-level token",
      help: 'Under "Basic Information", "App-Level Tokens". Begins with xapp-. Leave it empty to be called by HTTP.',
      secretName: "SLACK_APP_TOKEN",
      isOptional: true,
    },
    {
      key: "signingSecret",
      label: "Signing Secret",
      help: 'Under "Basic Information". Needed only where Slack shall call this server by HTTP.',
      secretName: "SLACK_SIGNING_SECRET",
      isOptional: true,
    },
  ],
  async check(options, signal) {
    const parsed = optionsSchema.safeParse(options);
    if (!parsed.success)
      throw new AppError(
        "config-invalid",
        parsed.error.issues.map(({ path, message }) => `${path.join(".")} ${message}.`).join(" "),
      );
    const { botToken, appToken, slackApiUrl } = parsed.data;
    const pauses = createPauses("Slack", Date.now);
    const { name, team, missingScopes } = await readIdentity({ url: slackApiUrl, token: botToken, pauses }, signal);
    // Hands out an address for a connection, and changes nothing as long as nobody connects.
    if (appToken !== undefined)
      await callSlack(
        { url: slackApiUrl, token: appToken, pauses },
        "apps.connections.open",
        {},
        { effect: "read", signal },
      );
    const missing = missingScopes ?? [];
    const without = missing.length === 0 ? "" : `, without the scopes ${missing.join(", ")}`;
    return `@${name} in ${team}${without}`;
  },
};
