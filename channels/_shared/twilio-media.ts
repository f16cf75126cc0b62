import type { FileStore } from "../../src/core/channel.ts";
import { AppError, isAppError } from "../../src/core/errors.ts";
import type { Attachment } from "../../src/core/message.ts";
import { refusal, streamHttp } from "./http.ts";
import { formatAuthorization, type TwilioAccount } from "./twilio-api.ts";
import type { TwilioMedia } from "./twilio-messages.ts";

const maxRedirects = 3;

/**
 * Fetches the files of a message into the data folder. What can never be had becomes a remark; a failure that may
 * pass is thrown, so that the message is read again.
 */
export async function keepMedia(
  media: readonly TwilioMedia[],
  account: TwilioAccount,
  files: FileStore,
  signal: AbortSignal,
): Promise<{ readonly attachments: readonly Attachment[]; readonly remarks: readonly string[] }> {
  const attachments: Attachment[] = [];
  const remarks: string[] = [];
  for (const [index, each] of media.entries()) {
    const name = `file-${index + 1}${pickExtension(each.contentType)}`;
    try {
      attachments.push(await fetchMedia(each, name, account, files, signal));
    } catch (error) {
      const why = describeLoss(error);
      if (why === undefined) throw error;
      remarks.push(`[The file ${name} could not be kept: ${why}.]`);
    }
  }
  return { attachments, remarks };
}

function describeLoss(error: unknown): string | undefined {
  if (isAppError(error, "too-large")) return "it is too large";
  if (isAppError(error, "not-found")) return "Twilio does not have it any more";
  if (isAppError(error, "bad-input") || isAppError(error, "forbidden")) return "Twilio does not hand it out";
  return undefined;
}

/** Twilio answers with the address of a store that wants no credentials, and must not be given any. */
async function fetchMedia(
  media: TwilioMedia,
  name: string,
  account: TwilioAccount,
  files: FileStore,
  signal: AbortSignal,
): Promise<Attachment> {
  let url = media.url;
  for (let hop = 0; hop <= maxRedirects; hop += 1) {
    if (!isSafe(url, account))
      throw new AppError("forbidden", "Twilio names an address for the file that is not safe.");
    const headers: Record<string, string> =
      hop === 0 && isOwn(url, account) ? { authorization: formatAuthorization(account) } : {};
    const found: Attachment | string = await streamHttp(
      url,
      { service: "Twilio", effect: "read", method: "GET", headers, signal, timeoutMs: 120_000 },
      async (answer) => {
        const next = answer.headers.get("location");
        if (answer.status >= 300 && answer.status < 400 && next !== null) return new URL(next, url).href;
        if (answer.status !== 200) throw refusal(answer, "Twilio", "read");
        return files.save(answer.stream, { name, mimeType: media.contentType });
      },
    );
    if (typeof found !== "string") return found;
    url = found;
  }
  throw new AppError("bad-input", "Twilio sends from address to address for the file.");
}

function isOwn(url: string, account: TwilioAccount): boolean {
  const { origin, hostname, protocol } = new URL(url);
  const api = new URL(account.apiUrl);
  if (origin === api.origin) return true;
  return protocol === "https:" && hostname.endsWith(".twilio.com") && api.hostname.endsWith(".twilio.com");
}

function isSafe(url: string, account: TwilioAccount): boolean {
  return URL.canParse(url) && (new URL(url).protocol === "https:" || isOwn(url, account));
}

/** Messages bring no names; the store sniffs the type, so this only has to look right. */
function pickExtension(contentType: string): string {
  const [, subtype = ""] = /^\w+\/(?:x-)?([\w-]+)/.exec(contentType.toLowerCase()) ?? [];
  const known: Readonly<Record<string, string>> = {
    jpeg: "jpg",
    plain: "txt",
    mpeg: "mp3",
    vcard: "vcf",
    quicktime: "mov",
  };
  return subtype === "" || subtype === "octet-stream" ? "" : `.${known[subtype] ?? subtype}`;
}
