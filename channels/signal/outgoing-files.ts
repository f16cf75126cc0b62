import type { Readable } from "node:stream";
import type { FileStore } from "../../src/core/channel.ts";
import type { Attachment } from "../../src/core/message.ts";
import { formatRequest, type SignalApi } from "./rpc.ts";

const placeholder = "PARLANCE-FILE";

/**
 * The request that sends a file, streamed: the daemon may run elsewhere, so the file goes as a data URI within the
 * JSON. Throws AppError "not-found" when the file is gone.
 */
export function formatFileRequest(
  api: SignalApi,
  params: object,
  attachment: Attachment,
  files: FileStore,
): AsyncIterable<Uint8Array> {
  const content = files.open(attachment);
  const marker = `${placeholder}-${crypto.randomUUID()}`;
  const request = formatRequest(api, "send", { ...params, attachments: [marker] });
  const [head = "", tail = ""] = request.split(marker);
  return joined(
    `${head}data:${safe(attachment.mimeType)};filename=${encodeURIComponent(attachment.name)};base64,`,
    content,
    tail,
  );
}

async function* joined(head: string, content: Readable, tail: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(head);
  let rest = Buffer.alloc(0);
  for await (const chunk of content as AsyncIterable<Uint8Array>) {
    const bytes = Buffer.concat([rest, chunk]);
    const whole = bytes.length - (bytes.length % 3);
    if (whole > 0) yield Buffer.from(bytes.subarray(0, whole).toString("base64"));
    rest = bytes.subarray(whole);
  }
  yield Buffer.from(rest.toString("base64") + tail);
}

/** Nothing in it may end the URI's head, or the JSON around it. */
function safe(mimeType: string): string {
  return /^[\w.+-]+\/[\w.+-]+$/.test(mimeType) ? mimeType : "application/octet-stream";
}
