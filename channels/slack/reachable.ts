import { askSlack, callSlack, type SlackApi } from "./api.ts";
import { isDirect } from "./message-id.ts";

/**
 * Where a slash command can be answered: they work everywhere, also where the app is no member and may not write. Then
 * it is the direct chat with whoever used it.
 */
export async function findReachable(chat: string, userId: string, api: SlackApi, signal: AbortSignal): Promise<string> {
  const options = { effect: "read", signal, timeoutMs: 1_000 } as const;
  try {
    const answer = await askSlack(api, "conversations.info", { channel: chat }, options);
    if (!answer.ok) return answer.code === "channel_not_found" ? await openDirectChat(userId, api, signal) : chat;
    const { channel } = answer.result as {
      readonly channel?: { readonly is_member?: boolean; readonly is_im?: boolean };
    };
    const isMember = channel?.is_member ?? (channel?.is_im === true || isDirect(chat));
    return isMember ? chat : await openDirectChat(userId, api, signal);
  } catch {
    return chat;
  }
}

/** Throws AppError. */
export async function openDirectChat(userId: string, api: SlackApi, signal?: AbortSignal): Promise<string> {
  const options = signal === undefined ? ({ effect: "edit" } as const) : ({ effect: "edit", signal } as const);
  const { channel } = await callSlack<{ readonly channel: { readonly id: string } }>(
    api,
    "conversations.open",
    { users: userId },
    options,
  );
  return channel.id;
}
