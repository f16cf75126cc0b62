import { AppError, type ErrorCode } from "../../src/core/errors.ts";

/** "send": people would see it twice. "edit": changes what is there. "read": can be made again without harm. */
export type Effect = "send" | "edit" | "read";

/** What Slack answers with `ok: false`. See "Errors" on the page of each method. */
export interface SlackRefusal {
  readonly error?: string;
  /** With "missing_scope". */
  readonly needed?: string;
  /** With "invalid_blocks" and the like. */
  readonly response_metadata?: { readonly messages?: readonly string[] };
}

const badToken = new Set([
  "invalid_auth",
  "not_authed",
  "token_revoked",
  "token_expired",
  "account_inactive",
  "invalid_app_id",
]);
const gone = new Set(["message_not_found", "thread_not_found", "file_not_found", "file_deleted"]);
const passing: Readonly<Record<string, number>> = {
  service_unavailable: 2_000,
  request_timeout: 1_000,
  team_added_to_org: 60_000,
  external_channel_migrating: 60_000,
  // Some methods say so with status 200.
  ratelimited: 30_000,
  rate_limited: 30_000,
  message_limit_exceeded: 60_000,
};

/** What to do about refusals that a person can mend. */
const hints: Readonly<Record<string, string>> = {
  not_in_channel: "Invite the app into the channel: /invite @Parlance.",
  channel_not_found: "Invite the app into the channel: /invite @Parlance.",
  is_archived: "Unarchive the channel.",
  restricted_action: "A rule of the workspace forbids posting there; ask its admins.",
  cannot_dm_bot: "Slack lets no app write to another app.",
  messages_tab_disabled: "Switch on the Messages Tab under App Home in the app's settings.",
  not_allowed_token_type: "botToken must be the one that begins with xoxb-, appToken the one that begins with xapp-.",
};

/** What a refusal means. Words of messages never appear in it: Slack's codes hold none. */
export function translateRefusal(method: string, refusal: SlackRefusal, effect: Effect): AppError {
  const { error = "no reason", needed } = refusal;
  if (badToken.has(error))
    return new AppError("unauthorised", `Slack does not accept the ${tokenOf(method)} (${error}).`, {
      hint: `Copy it anew from the app's settings at api.slack.com/apps; ${error === "account_inactive" || error === "token_revoked" ? "the app was removed from the workspace: install it again first" : "reinstalling the app changes it"}.`,
    });
  if (error === "missing_scope")
    return new AppError("forbidden", `The Slack app lacks the scope ${needed ?? "that"} ${method} needs.`, {
      hint: `Add ${needed ?? "it"} under "OAuth & Permissions" in the app's settings, and reinstall the app.`,
    });
  const message = `Slack refuses ${method}: ${error}.`;
  const waitMs = passing[error];
  if (waitMs !== undefined)
    return new AppError(/rate_?limit|limit_exceeded/.test(error) ? "rate-limited" : "unreachable", message, {
      retryAfterMs: waitMs,
    });
  // "It's possible some aspect of the operation succeeded before the error was raised."
  if (error === "internal_error" || error === "fatal_error")
    return effect === "send"
      ? new AppError("send-uncertain", `Slack failed in ${method} (${error}); it may have worked.`)
      : new AppError("unreachable", message, { retryAfterMs: 2_000 });
  return new AppError(pickCode(error, effect), message, hints[error] === undefined ? {} : { hint: hints[error] });
}

function pickCode(error: string, effect: Effect): ErrorCode {
  if (gone.has(error)) return "not-found";
  if (effect !== "read") return "send-rejected";
  return error.endsWith("_not_found") ? "not-found" : "bad-input";
}

function tokenOf(method: string): string {
  return method === "apps.connections.open" ? "app-level token (appToken)" : "bot token (botToken)";
}
