import type { WireAttachment } from "../../../../channels/webchat/protocol.ts";
import { FileIcon } from "../icons.tsx";
import { formatBytes } from "./time.ts";
import { formatFileUrl } from "./upload.ts";

/** The channel serves these in place; everything else is offered for download. */
export function isShownImage({ mimeType }: WireAttachment): boolean {
  return ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"].includes(mimeType);
}

export function AttachmentView({
  channel,
  attachment,
}: {
  readonly channel: string;
  readonly attachment: WireAttachment;
}) {
  const url = formatFileUrl(channel, attachment.id);
  if (isShownImage(attachment)) {
    return (
      <a class="image-file" href={url} target="_blank" rel="noopener">
        <img src={url} alt={attachment.name} loading="lazy" />
      </a>
    );
  }
  return (
    <a class="file" href={url} download={attachment.name}>
      <FileIcon />
      <span class="file-text">
        <span class="file-name">{attachment.name}</span>
        <small>{formatBytes(attachment.bytes)}</small>
      </span>
    </a>
  );
}
