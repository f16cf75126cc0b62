import type { SlackMessage } from "./payloads.ts";

/** Who we are in the workspace, as auth.test says it. */
export interface Me {
  readonly userId: string;
  readonly botId?: string;
  readonly teamId?: string;
}

/** Ids of the people whom a text mentions, each once. */
export function listMentions(text: string | undefined): readonly string[] {
  return [...new Set(Array.from((text ?? "").matchAll(/<@([A-Z0-9]+)(?:\|[^>]*)?>/g), ([, id = ""]) => id))];
}

export function isOurs(message: SlackMessage, me: Me): boolean {
  return message.user === me.userId || (message.bot_id !== undefined && message.bot_id === me.botId);
}
