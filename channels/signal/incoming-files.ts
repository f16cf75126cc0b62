import type { FileStore } from "../../src/core/channel.ts";
import { isAppError } from "../../src/core/errors.ts";
import type { Attachment, InboundMessage } from "../../src/core/message.ts";
import { decodeAttachment } from "./attachment-data.ts";
import type { SignalAttachment, SignalDataMessage } from "./envelope.ts";
import { longTextType } from "./parse.ts";
import { streamRpc, type SignalApi } from "./rpc.ts";

const maxLongTextBytes = 262_144;

/**
 * Fetches the files into the data folder. One that can never be had becomes a remark in the text; a failure that may
 * pass is thrown, unless it `isLastTry`.
 */
export async function keepFiles(
  message: InboundMessage,
  attachments: readonly SignalAttachment[],
  api: SignalApi,
  files: FileStore,
  signal: AbortSignal,
  isLastTry: boolean,
): Promise<InboundMessage> {
  const kept: Attachment[] = [];
  const remarks: string[] = [];
  for (const attachment of attachments) {
    const name = nameFile(attachment);
    try {
      kept.push(await fetchFile(attachment, name, api, files, signal));
    } catch (error) {
      const why = describeLoss(error) ?? (isLastTry && !signal.aborted ? "signal-cli did not give it" : undefined);
      if (why === undefined) throw error;
      remarks.push(`[The file ${name} could not be kept: ${why}.]`);
    }
  }
  return { ...message, text: [message.text, ...remarks].join("\n\n").trim(), attachments: kept };
}

/**
 * Clients send a long text as a file, and its beginning as the message. signal-cli puts the whole text into the
 * message; where it did not, this does. Any failure leaves the beginning.
 */
export async function completeLongText(
  data: SignalDataMessage,
  api: SignalApi,
  signal: AbortSignal,
): Promise<SignalDataMessage> {
  const whole = (data.attachments ?? []).find(({ contentType, id }) => contentType === longTextType && id != null);
  const text = data.message ?? "";
  if (whole === undefined || Buffer.byteLength(text) >= (whole.size ?? Infinity)) return data;
  try {
    const message = await streamRpc(api, "getAttachment", { id: whole.id }, signal, async (stream) => {
      const chunks: Uint8Array[] = [];
      let bytes = 0;
      for await (const chunk of decodeAttachment(stream)) {
        bytes += chunk.byteLength;
        if (bytes > maxLongTextBytes) return undefined;
        chunks.push(chunk);
      }
      return Buffer.concat(chunks).toString("utf8");
    });
    // Offsets of mentions and styles hold for both as long as one begins like the other.
    return message === undefined || !message.startsWith(text.slice(0, 200)) ? data : { ...data, message };
  } catch (error) {
    if (signal.aborted) throw error;
    return data;
  }
}

async function fetchFile(
  { id, contentType }: SignalAttachment,
  name: string,
  api: SignalApi,
  files: FileStore,
  signal: AbortSignal,
): Promise<Attachment> {
  const meta = contentType === undefined || contentType === null ? { name } : { name, mimeType: contentType };
  return streamRpc(api, "getAttachment", { id }, signal, (stream) => files.save(decodeAttachment(stream), meta));
}

function describeLoss(error: unknown): string | undefined {
  if (isAppError(error, "too-large")) return "it is too large";
  if (isAppError(error, "not-found") || isAppError(error, "bad-input")) return "signal-cli does not have it";
  return undefined;
}

function nameFile({ filename, id }: SignalAttachment): string {
  const name = filename?.trim() ?? "";
  return name === "" ? (id ?? "file") : name;
}
