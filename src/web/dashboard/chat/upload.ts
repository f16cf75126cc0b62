import type { WireAttachment } from "../../../../channels/webchat/protocol.ts";

export interface Upload {
  readonly done: Promise<WireAttachment>;
  cancel(): void;
}

/** `fetch` tells nothing about the way up, so this is an XMLHttpRequest. Rejects with what to tell the person. */
export function startUpload(channel: string, file: File, onProgress: (share: number) => void): Upload {
  const request = new XMLHttpRequest();
  const done = new Promise<WireAttachment>((resolve, reject) => {
    request.open("POST", `/chat/${encodeURIComponent(channel)}/files`);
    request.setRequestHeader("x-file-name", encodeURIComponent(file.name.toWellFormed()));
    request.responseType = "json";
    request.upload.onprogress = ({ loaded, total }) => onProgress(total === 0 ? 0 : loaded / total);
    request.onload = () => {
      const answer = request.response as (WireAttachment & { readonly error?: string }) | null;
      if (request.status === 201 && answer !== null) resolve(answer);
      else reject(new Error(answer?.error ?? `The server answered ${request.status}.`));
    };
    request.onerror = () => reject(new Error("The server cannot be reached."));
    request.onabort = () => reject(new Error("Cancelled."));
    request.send(file);
  });
  return { done, cancel: () => request.abort() };
}

export function formatFileUrl(channel: string, id: string): string {
  return `/chat/${encodeURIComponent(channel)}/files/${id}`;
}
