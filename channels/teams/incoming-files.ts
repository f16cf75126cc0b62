import type { ChannelContext } from "../../src/core/channel.ts";
import { isAppError } from "../../src/core/errors.ts";
import type { Attachment, InboundMessage } from "../../src/core/message.ts";
import { refusal, streamHttp } from "../_shared/http.ts";
import type { Connector } from "./connector.ts";
import type { TeamsFile } from "./pick-files.ts";
import type { Trust } from "./trust.ts";

/** Teams sends a message again that is not answered in 15 s. */
const maxFetchMs = 60_000;

/**
 * Fetches the files of a message into the data folder. A file that can never be had becomes a remark in the text; a
 * failure that may pass is thrown, so that Teams sends the message again.
 */
export async function keepFiles(
  message: InboundMessage,
  files: readonly TeamsFile[],
  parts: { readonly connector: Connector; readonly trust: Trust; readonly context: ChannelContext },
): Promise<InboundMessage> {
  const attachments: Attachment[] = [];
  const remarks: string[] = [];
  for (const file of files) {
    const kept = await keepFile(file, parts);
    if (typeof kept === "string") remarks.push(`[The file ${file.name} could not be kept: ${kept}.]`);
    else attachments.push(kept);
  }
  return { ...message, attachments, text: [message.text, ...remarks].filter((part) => part !== "").join("\n\n") };
}

/** The attachment, or why there is none. */
async function keepFile(
  { url, from, name, mimeType }: TeamsFile,
  { connector, trust, context }: Parameters<typeof keepFiles>[2],
): Promise<Attachment | string> {
  const isTrusted = from === "service" ? trust.isService(url) : trust.isFiles(url);
  if (!isTrusted) return "it lies on a server that is not trusted";
  // Addresses in a OneDrive open it by themselves; our token is nobody's business there.
  const headers = from === "service" ? await connector.authorise() : {};
  try {
    return await streamHttp(
      url,
      { service: "Teams", effect: "read", method: "GET", headers, timeoutMs: maxFetchMs },
      async (answer) => {
        if (answer.status !== 200) throw refusal(answer, "Teams", "read");
        return context.files.save(answer.stream, mimeType === undefined ? { name } : { name, mimeType });
      },
    );
  } catch (error) {
    if (isAppError(error, "too-large")) return "it is too large";
    if (isAppError(error, "not-found")) return "it is not there any more";
    if (isAppError(error, "forbidden") || isAppError(error, "unauthorised")) return "Teams does not hand it out";
    throw error;
  }
}
