import type { FileStore } from "../../src/core/channel.ts";
import { AppError, isAppError } from "../../src/core/errors.ts";
import type { Attachment, InboundMessage } from "../../src/core/message.ts";
import { refusal, streamHttp } from "../_shared/http.ts";
import { askSlack, type SlackApi } from "./api.ts";
import { parseFile, type IncomingFile } from "./parse-content.ts";
import type { SlackFile } from "./payloads.ts";

/**
 * Fetches the files into the data folder. One that can never be had becomes a remark in the text; a failure that may
 * pass is thrown, so that the message is delivered again.
 */
export async function keepFiles(
  message: InboundMessage,
  files: readonly IncomingFile[],
  api: SlackApi,
  store: FileStore,
  signal: AbortSignal,
): Promise<InboundMessage> {
  const attachments: Attachment[] = [];
  const remarks: string[] = [];
  for (const file of files) {
    const kept = await keepFile(await complete(file, api, signal), api, store, signal);
    if (typeof kept === "string") remarks.push(`[The file ${file.name} could not be kept: ${kept}.]`);
    else attachments.push(kept);
  }
  const text = [message.text, ...remarks].filter((each) => each !== "").join("\n\n");
  return { ...message, text, attachments };
}

/** In channels shared with other workspaces an event tells no more than the id. */
async function complete(file: IncomingFile, api: SlackApi, signal: AbortSignal): Promise<IncomingFile> {
  if (file.url !== undefined || file.problem !== undefined) return file;
  const answer = await askSlack(api, "files.info", { file: file.fileId }, { effect: "read", signal });
  if (!answer.ok) return { ...file, problem: answer.error.message.replace(/\.$/, "") };
  const { file: found } = answer.result as { readonly file?: SlackFile };
  return found === undefined ? file : parseFile(found);
}

/** Resolves with the reason where it can never be had. */
async function keepFile(
  file: IncomingFile,
  api: SlackApi,
  store: FileStore,
  signal: AbortSignal,
): Promise<Attachment | string> {
  const { url, problem, name, mimeType } = file;
  if (problem !== undefined) return problem;
  if (url === undefined) return "Slack names no address for it";
  if (!isOfSlack(url, api)) return "it lies outside Slack";
  try {
    return await streamHttp(
      url,
      {
        service: "Slack",
        effect: "read",
        method: "GET",
        headers: { authorization: `Bearer ${api.token}` },
        signal,
        timeoutMs: 120_000,
      },
      async ({ status, headers, stream }) => {
        // Without the scope Slack answers with its page for signing in, or the way to it.
        const isPage = (headers.get("content-type") ?? "").startsWith("text/html") && mimeType !== "text/html";
        if ((status >= 300 && status < 400) || status === 401 || status === 403 || (status === 200 && isPage))
          throw new AppError("forbidden", "The Slack app lacks the scope files:read.");
        if (status !== 200) throw refusal({ status, headers }, "Slack", "read");
        return store.save(stream, mimeType === undefined ? { name } : { name, mimeType });
      },
    );
  } catch (error) {
    if (isAppError(error, "too-large")) return "it is too large";
    if (isAppError(error, "not-found")) return "Slack does not have it any more";
    if (isAppError(error, "forbidden")) return "the Slack app lacks the scope files:read";
    throw error;
  }
}

/** Our token goes nowhere else, whatever an event says. */
function isOfSlack(url: string, api: SlackApi): boolean {
  const target = URL.parse(url);
  const own = URL.parse(api.url);
  if (target === null) return false;
  return (
    target.origin === own?.origin ||
    (target.protocol === "https:" && /(?:^|\.)(?:slack\.com|slack-files\.com|slack-gov\.com)$/.test(target.hostname))
  );
}
