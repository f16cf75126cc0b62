import { errorCodes } from "./refusals.ts";
import { askDiscord, type DiscordApi } from "./rest.ts";

const variant = "\ufe0f";

/**
 * Puts an emoji on a message. Discord knows each only in one form, with or without the sign that asks for a picture,
 * so the other form is tried where the first is not known.
 */
export async function putReaction(
  api: DiscordApi,
  message: { readonly chat: string; readonly id: string },
  emoji: string,
  signal: AbortSignal,
): Promise<void> {
  const put = (form: string): ReturnType<typeof askDiscord> =>
    askDiscord(api, {
      method: "PUT",
      path: `/channels/${message.chat}/messages/${message.id}/reactions/${encodeURIComponent(form)}/@me`,
      effect: "read",
      signal,
    });
  const answer = await put(emoji);
  if (answer.ok) return;
  if (answer.code !== errorCodes.unknownEmoji) throw answer.error;
  const other = await put(emoji.includes(variant) ? emoji.replaceAll(variant, "") : emoji + variant);
  if (!other.ok) throw other.error;
}
