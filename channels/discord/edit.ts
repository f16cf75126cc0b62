import type { ChannelState } from "../../src/core/channel.ts";
import { AppError } from "../../src/core/errors.ts";
import type { OutboundMessage } from "../../src/core/message.ts";
import { keepLongCommands } from "./custom-id.ts";
import { formatParts } from "./parts.ts";
import { pickTarget } from "./places.ts";
import { errorCodes } from "./refusals.ts";
import { askDiscord, type DiscordApi } from "./rest.ts";
import { noPings } from "./send.ts";

/** `Channel.edit`. Files are parts of their own, so an edit leaves them alone. */
export async function editMessage(
  message: OutboundMessage,
  messageId: string,
  settings: { readonly api: DiscordApi; readonly state: ChannelState; readonly maxUploadBytes: number },
  signal: AbortSignal,
): Promise<void> {
  await keepLongCommands(message.choices ?? [], settings.state);
  const part = formatParts(message, settings.maxUploadBytes)[0];
  const answer = await askDiscord(settings.api, {
    method: "PATCH",
    path: `/channels/${pickTarget(message.address)}/messages/${messageId}`,
    effect: "read",
    signal,
    json: {
      // Discord takes no empty text where there is nothing else.
      content: part?.content || "…",
      components: part?.components ?? [],
      allowed_mentions: noPings,
    },
  });
  if (answer.ok) return;
  if (answer.code === errorCodes.unknownMessage || answer.code === errorCodes.unknownChannel)
    throw new AppError("not-found", "Discord no longer has the message to edit.");
  const { message: words, hint } = answer.error;
  throw new AppError("send-rejected", words, hint === undefined ? {} : { hint });
}
