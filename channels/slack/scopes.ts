import { AppError } from "../../src/core/errors.ts";
import type { Logger } from "../../src/core/log.ts";
import { askSlack, type SlackApi } from "./api.ts";
import type { Me } from "./mentions.ts";

/** What the manifest in README.md asks for, and what is missing without it. */
export const scopes: Readonly<Record<string, string>> = {
  "app_mentions:read": "mentions in channels",
  "channels:history": "messages in public channels, and catching up there",
  "channels:read": "names of public channels",
  "chat:write": "sending anything",
  commands: "the slash command",
  "files:read": "files that people send",
  "files:write": "sending files",
  "groups:history": "messages in private channels, and catching up there",
  "groups:read": "names of private channels",
  "im:history": "direct messages",
  "im:read": "catching up with new direct chats",
  "im:write": "writing to somebody first",
  "metadata.message:read": "finding out whether a message that was cut off arrived",
  "mpim:history": "messages in group chats",
  "mpim:read": "catching up with new group chats",
  "reactions:read": "people's reactions",
  "reactions:write": "reacting",
  "users:read": "people's names",
};

export interface Identity {
  readonly me: Me;
  readonly name: string;
  readonly team: string;
  /** Those of `scopes` that the token does not have; undefined where Slack does not say. */
  readonly missingScopes: readonly string[] | undefined;
}

/** Who we are, by auth.test. Throws AppError: "unauthorised" for a bad token, "forbidden" when nothing can be sent. */
export async function readIdentity(api: SlackApi, signal: AbortSignal): Promise<Identity> {
  const answer = await askSlack(api, "auth.test", {}, { effect: "read", signal });
  if (!answer.ok) throw answer.error;
  const { user_id, bot_id, team_id, user, team } = answer.result as Readonly<Record<string, string | undefined>>;
  if (user_id === undefined)
    throw new AppError("unreachable", "Slack does not say who we are.", { retryAfterMs: 5_000 });
  if (bot_id === undefined)
    throw new AppError("unauthorised", "botToken belongs to a person, not to the app.", {
      hint: 'Use the Bot User OAuth Token, which begins with "xoxb-".',
    });
  const granted = answer.headers.get("x-oauth-scopes")?.split(/\s*,\s*/);
  const missingScopes =
    granted === undefined ? undefined : Object.keys(scopes).filter((each) => !granted.includes(each));
  if (missingScopes?.includes("chat:write") === true)
    throw new AppError("forbidden", "The Slack app lacks the scope chat:write: it cannot send anything.", {
      hint: 'Add it under "OAuth & Permissions" in the app\'s settings, and reinstall the app.',
    });
  return {
    me: { userId: user_id, botId: bot_id, ...(team_id === undefined ? {} : { teamId: team_id }) },
    name: user ?? user_id,
    team: team ?? "Slack",
    missingScopes,
  };
}

export function warnOfScopes(missing: readonly string[] | undefined, log: Logger): void {
  for (const scope of missing ?? [])
    log.warn({ scope }, `The Slack app lacks the scope ${scope}: without it there is no ${scopes[scope] ?? "use"}`);
}
