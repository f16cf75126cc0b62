import type { ChannelContext } from "../../src/core/channel.ts";
import type { OutboundMessage } from "../../src/core/message.ts";
import { callHttp, refusal } from "../_shared/http.ts";
import type { WebhookOptions } from "./config.ts";
import { formatAttachment, type Reply, type ReplyAttachment } from "./format.ts";
import { formatProof } from "./sign.ts";

/** All files of one reply together; what is beyond is named in the reply without its bytes. */
const maxAttachmentBytes = 5 * 1024 * 1024;

/** Throws AppError as `Channel.send` does. A redirect counts as a refusal. */
export async function postReply(
  reply: Reply,
  url: string,
  context: ChannelContext<WebhookOptions>,
  signal: AbortSignal,
): Promise<void> {
  const body = JSON.stringify(reply);
  const answer = await callHttp(url, {
    service: "The reply URL",
    effect: "send",
    headers: {
      "content-type": "application/json",
      "idempotency-key": reply.id,
      ...formatProof(context.options, body, context.now()),
    },
    body,
    signal,
    maxBytes: 64 * 1024,
  });
  if (answer.status < 200 || answer.status > 299) throw refusal(answer, "The reply URL", "send");
}

/** Throws AppError "not-found" when a file is gone. */
export async function loadReplyAttachments(
  message: OutboundMessage,
  context: ChannelContext<WebhookOptions>,
): Promise<readonly ReplyAttachment[]> {
  let room = maxAttachmentBytes;
  const loaded: ReplyAttachment[] = [];
  for (const attachment of message.attachments) {
    room -= attachment.bytes;
    const content = room < 0 ? undefined : await readAll(context.files.open(attachment));
    loaded.push(formatAttachment(attachment, content));
  }
  return loaded;
}

async function readAll(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}
