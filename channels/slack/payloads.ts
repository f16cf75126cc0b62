/*
 * What Slack sends us, as far as we read it. Its own types are unions of a hundred kinds with other optional fields
 * each; what comes from outside is read field by field in any case.
 * https://docs.slack.dev/reference/events
 */

export interface SlackFile {
  readonly id: string;
  readonly name?: string | null;
  readonly title?: string;
  readonly mimetype?: string;
  readonly size?: number;
  /** "tombstone" and "hidden_by_limit" have no content; "external" lies elsewhere. */
  readonly mode?: string;
  readonly is_external?: boolean;
  readonly url_private?: string;
  readonly url_private_download?: string;
  /** "check_file_info" where a shared channel hides it: ask files.info. */
  readonly file_access?: string;
}

/** A message that was shared or unfurled below another, and what apps attach to theirs. */
export interface SlackAttachment {
  readonly is_share?: boolean;
  readonly is_msg_unfurl?: boolean;
  readonly channel_id?: string;
  readonly ts?: string;
  readonly author_name?: string;
  readonly text?: string;
  readonly fallback?: string;
}

export interface SlackMessage {
  readonly type?: string;
  readonly subtype?: string;
  readonly ts?: string;
  readonly thread_ts?: string;
  readonly parent_user_id?: string;
  readonly user?: string;
  readonly bot_id?: string;
  readonly username?: string;
  readonly text?: string;
  readonly files?: readonly SlackFile[];
  readonly attachments?: readonly SlackAttachment[];
  readonly edited?: { readonly ts?: string };
  readonly hidden?: boolean;
  /** In histories, at the head of a thread. */
  readonly latest_reply?: string;
  readonly metadata?: { readonly event_type?: string; readonly event_payload?: Readonly<Record<string, unknown>> };
  readonly blocks?: readonly { readonly block_id?: string }[];
}

export interface SlackEvent extends SlackMessage {
  readonly channel?: string;
  readonly channel_type?: string;
  readonly event_ts?: string;
  /** message_changed and message_deleted. */
  readonly message?: SlackMessage;
  readonly previous_message?: SlackMessage;
  readonly deleted_ts?: string;
  /** reaction_added and reaction_removed. */
  readonly reaction?: string;
  readonly item?: { readonly type?: string; readonly channel?: string; readonly ts?: string };
  readonly item_user?: string;
}

/** The outer part of the Events API: https://docs.slack.dev/apis/events-api/#callback-field */
export interface EventCallback {
  readonly type?: string;
  readonly team_id?: string;
  readonly event?: SlackEvent;
  readonly event_id?: string;
  readonly authorizations?: readonly { readonly team_id?: string | null; readonly user_id?: string }[];
}

/** https://docs.slack.dev/reference/interaction-payloads/block_actions-payload */
export interface Interaction {
  readonly type?: string;
  readonly user?: { readonly id?: string; readonly name?: string; readonly username?: string };
  readonly channel?: { readonly id?: string };
  readonly container?: { readonly channel_id?: string; readonly message_ts?: string; readonly thread_ts?: string };
  readonly message?: SlackMessage;
  readonly actions?: readonly {
    readonly type?: string;
    readonly action_id?: string;
    readonly action_ts?: string;
    readonly value?: string;
  }[];
}

/** https://docs.slack.dev/interactivity/implementing-slash-commands/#app_command_handling */
export interface SlashCommand {
  readonly command?: string;
  readonly text?: string;
  readonly user_id?: string;
  readonly user_name?: string;
  readonly channel_id?: string;
  readonly trigger_id?: string;
}
