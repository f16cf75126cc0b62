import type { FileStore } from "../../src/core/channel.ts";
import type { Address, Attachment } from "../../src/core/message.ts";
import { callHttp, refusal } from "../_shared/http.ts";
import { callSlack, type SlackApi } from "./api.ts";

/**
 * Puts a file into a conversation in Slack's three steps, and resolves with its id. Only the last one shows anything
 * to anybody, so only that one can be uncertain. Throws AppError.
 * https://docs.slack.dev/messaging/working-with-files#uploading_files
 */
export async function uploadFile(
  attachment: Attachment,
  address: Address,
  api: SlackApi,
  files: FileStore,
  signal: AbortSignal,
): Promise<string> {
  const { name, bytes } = attachment;
  const target = await callSlack<{ readonly upload_url: string; readonly file_id: string }>(
    api,
    "files.getUploadURLExternal",
    { filename: name, length: bytes },
    { effect: "edit", signal },
  );
  const answer = await callHttp(target.upload_url, {
    service: "Slack",
    effect: "read",
    headers: { "content-type": "application/octet-stream", "content-length": String(bytes) },
    body: files.open(attachment) as AsyncIterable<Uint8Array>,
    signal,
    timeoutMs: 180_000,
  });
  if (answer.status !== 200) throw refusal(answer, "Slack", "send");
  await callSlack(
    api,
    "files.completeUploadExternal",
    { files: [{ id: target.file_id, title: name }], channel_id: address.chat, thread_ts: address.thread },
    { effect: "send", signal },
  );
  return target.file_id;
}
