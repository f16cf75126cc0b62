import type { FileStore } from "../../src/core/channel.ts";
import { AppError, isAppError } from "../../src/core/errors.ts";
import type { Attachment, InboundMessage } from "../../src/core/message.ts";
import { refusal, streamHttp } from "../_shared/http.ts";
import { callGraph, formatHeaders, type GraphApi } from "./graph.ts";
import type { MediaReference } from "./parse-content.ts";

/**
 * Fetches the file into the data folder. A file that can never be had becomes a remark in the text; a failure that may
 * pass is thrown, so that Meta calls again.
 */
export async function keepMedia(
  message: InboundMessage,
  media: MediaReference,
  api: GraphApi,
  files: FileStore,
  signal: AbortSignal,
): Promise<InboundMessage> {
  try {
    return { ...message, attachments: [await fetchMedia(media, api, files, signal)] };
  } catch (error) {
    const why = describeLoss(error);
    if (why === undefined) throw error;
    return { ...message, text: `${message.text}\n\n[The file ${media.name} could not be kept: ${why}.]`.trim() };
  }
}

function describeLoss(error: unknown): string | undefined {
  if (isAppError(error, "too-large")) return "it is too large";
  if (isAppError(error, "not-found") || isAppError(error, "bad-input")) return "WhatsApp does not have it any more";
  return undefined;
}

async function fetchMedia(
  media: MediaReference,
  api: GraphApi,
  files: FileStore,
  signal: AbortSignal,
): Promise<Attachment> {
  const found = (await callGraph(api, `/${encodeURIComponent(media.id)}`, { effect: "read", signal })) as {
    url?: string;
  };
  if (found.url === undefined || !isTrusted(found.url, api))
    throw new AppError("bad-input", "WhatsApp names no usable address for the file.");
  return streamHttp(
    found.url,
    { service: "WhatsApp", effect: "read", method: "GET", headers: formatHeaders(api), signal, timeoutMs: 120_000 },
    async (answer) => {
      if (answer.status !== 200) throw refusal(answer, "WhatsApp", "read");
      return files.save(answer.stream, {
        name: media.name,
        ...(media.mimeType === undefined ? {} : { mimeType: media.mimeType }),
      });
    },
  );
}

/** The token goes to Meta's own servers only. */
function isTrusted(url: string, api: GraphApi): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, origin } = new URL(url);
  if (origin === new URL(api.graphUrl).origin) return true;
  return protocol === "https:" && /\.(?:fbsbx\.com|facebook\.com|fbcdn\.net|whatsapp\.net)$/.test(hostname);
}

export type MediaKind = "image" | "video" | "audio" | "document";

const mega = 1_048_576;
const documentTypes = new Set([
  "text/plain",
  "application/pdf",
  "application/msword",
  "application/vnd.ms-excel",
  "application/vnd.ms-powerpoint",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  "application/vnd.openxmlformats-officedocument.presentationml.presentation",
]);

/**
 * As what WhatsApp shows a file; undefined when it takes none of this type or size. Other kinds of text go out as plain
 * text under their own name.
 */
export function pickMedia({
  mimeType,
  bytes,
}: Attachment): { readonly kind: MediaKind; readonly mimeType: string } | undefined {
  if (/^image\/(?:jpeg|png)$/.test(mimeType) && bytes <= 5 * mega) return { kind: "image", mimeType };
  if (/^video\/(?:mp4|3gpp)$/.test(mimeType) && bytes <= 16 * mega) return { kind: "video", mimeType };
  if (/^audio\/(?:aac|amr|mpeg|mp4|ogg)$/.test(mimeType) && bytes <= 16 * mega) return { kind: "audio", mimeType };
  if (bytes > 100 * mega) return undefined;
  if (documentTypes.has(mimeType)) return { kind: "document", mimeType };
  const isText = mimeType.startsWith("text/") || /^application\/(?:json|xml|yaml|x-yaml|toml)$/.test(mimeType);
  return isText ? { kind: "document", mimeType: "text/plain" } : undefined;
}

/** Resolves with the id to send it by. Nobody sees an upload, so it may be made again. */
export async function uploadMedia(
  attachment: Attachment,
  api: GraphApi,
  phoneNumberId: string,
  files: FileStore,
  signal: AbortSignal,
): Promise<string> {
  const type = pickMedia(attachment)?.mimeType ?? attachment.mimeType;
  const { name, bytes } = attachment;
  const upload = {
    fields: { messaging_product: "whatsapp", type },
    name,
    mimeType: type,
    bytes,
    content: files.open(attachment),
  };
  const { id } = (await callGraph(api, `/${phoneNumberId}/media`, { effect: "read", upload, signal })) as {
    id?: string;
  };
  if (id === undefined) throw new AppError("send-rejected", "WhatsApp took the file, but named no id for it.");
  return id;
}
