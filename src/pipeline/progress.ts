import type { InboundMessage } from "../core/message.ts";
import type { PipelineDeps } from "./deps.ts";

/** An answer that takes longer than this is announced by the typing sign. */
const typingAfterMs = 400;
/** Platforms let the sign fade after about five seconds. */
const typingEveryMs = 4_000;
const previewEveryMs = 50;

/** Shows that an answer is on its way: the typing sign, and the text so far where the channel can show it. Never throws. */
export function showProgress(
  deps: Pick<PipelineDeps, "channel">,
  message: InboundMessage,
  outboundId: string,
  signal: AbortSignal,
) {
  const channel = deps.channel(message.address.channel);
  let typingTimer: NodeJS.Timeout | undefined;
  let previewTimer: NodeJS.Timeout | undefined;
  let text = "";

  function showTyping(): void {
    channel?.typing?.(message.address, signal).catch(() => undefined);
    typingTimer = setTimeout(showTyping, typingEveryMs);
  }

  function showText(): void {
    previewTimer = undefined;
    channel?.preview?.({ id: outboundId, address: message.address, text, attachments: [] });
  }

  if (channel?.typing !== undefined) typingTimer = setTimeout(showTyping, typingAfterMs);
  return {
    onText(soFar: string): void {
      text = soFar;
      if (channel?.preview !== undefined) previewTimer ??= setTimeout(showText, previewEveryMs);
    },
    end(): void {
      clearTimeout(typingTimer);
      clearTimeout(previewTimer);
    },
  };
}
