import { isAppError } from "../../src/core/errors.ts";
import type { Attachment, InboundMessage } from "../../src/core/message.ts";
import { sleepUntilAborted } from "../_shared/reconnect.ts";
import type { BlueAttachment } from "./message.ts";

/** Messages may still be fetching the file from Apple. */
const tries = 3;
const pauseMs = 1_500;

/**
 * Fetches the files into the data folder. One that can never be had becomes a remark in the text; a failure that may
 * pass is thrown, so that the message is handed over again.
 */
export async function keepFiles(
  message: InboundMessage,
  attachments: readonly BlueAttachment[],
  fetchFile: (attachment: BlueAttachment, name: string) => Promise<Attachment>,
  signal: AbortSignal,
): Promise<InboundMessage> {
  const kept: Attachment[] = [];
  const remarks: string[] = [];
  for (const attachment of attachments) {
    const name = attachment.transferName?.trim() ?? "";
    const shown = name === "" ? attachment.guid : name;
    const found = await tryFetch(() => fetchFile(attachment, shown), signal);
    if (typeof found === "string") remarks.push(`[The file ${shown} could not be kept: ${found}.]`);
    else kept.push(found);
  }
  return { ...message, text: [message.text, ...remarks].join("\n\n").trim(), attachments: kept };
}

async function tryFetch(fetch: () => Promise<Attachment>, signal: AbortSignal): Promise<Attachment | string> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await fetch();
    } catch (error) {
      if (isAppError(error, "too-large")) return "it is too large";
      if (!isAppError(error, "not-found")) throw error;
      if (attempt >= tries) return "the Mac does not have it";
      await sleepUntilAborted(pauseMs, signal);
      signal.throwIfAborted();
    }
  }
}
