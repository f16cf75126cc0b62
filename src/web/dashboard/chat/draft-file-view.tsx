import { CloseIcon, FileIcon } from "../icons.tsx";
import { isShownImage } from "./attachment-view.tsx";
import { formatBytes } from "./time.ts";
import { formatFileUrl } from "./upload.ts";
import type { DraftFile } from "./use-files.ts";

export interface DraftFileViewProps {
  readonly channel: string;
  readonly file: DraftFile;
  readonly onRemove: () => void;
}

export function DraftFileView({ channel, file, onRemove }: DraftFileViewProps) {
  const { name, attachment, problem, progress, bytes } = file;
  return (
    <li class={problem === undefined ? "draft-file" : "draft-file failed"}>
      {attachment !== undefined && isShownImage(attachment) ? (
        <img src={formatFileUrl(channel, attachment.id)} alt="" />
      ) : (
        <FileIcon />
      )}
      <span class="file-text">
        <span class="file-name">{name}</span>
        {problem === undefined ? <small>{formatBytes(bytes)}</small> : <small role="alert">{problem}</small>}
      </span>
      {attachment === undefined && problem === undefined && (
        <progress max={1} value={progress} aria-label={`Upload of ${name}`} />
      )}
      <button type="button" class="icon-button small" aria-label={`Remove ${name}`} onClick={onRemove}>
        <CloseIcon />
      </button>
    </li>
  );
}
