import { useRef, useState } from "preact/hooks";
import { maxAttachments, type WireAttachment } from "../../../../channels/webchat/protocol.ts";
import { createId } from "./use-chat.ts";
import { startUpload, type Upload } from "./upload.ts";

/** A file on its way into a message. */
export interface DraftFile {
  readonly key: string;
  readonly name: string;
  readonly bytes: number;
  /** 0 to 1. */
  readonly progress: number;
  readonly attachment?: WireAttachment;
  readonly problem?: string;
}

export interface Files {
  readonly list: readonly DraftFile[];
  add(files: Iterable<File> | ArrayLike<File>): void;
  remove(key: string): void;
  clear(): void;
}

/** Uploads files as soon as they are chosen, so that sending is quick. */
export function useFiles(channel: string): Files {
  const [list, setList] = useState<readonly DraftFile[]>([]);
  const uploads = useRef(new Map<string, Upload>());

  function update(key: string, change: Partial<DraftFile>): void {
    setList((files) => files.map((file) => (file.key === key ? { ...file, ...change } : file)));
  }

  async function upload(key: string, file: File): Promise<void> {
    const started = startUpload(channel, file, (progress) => update(key, { progress }));
    uploads.current.set(key, started);
    try {
      update(key, { attachment: await started.done, progress: 1 });
    } catch (error) {
      update(key, { problem: error instanceof Error ? error.message : "It could not be stored." });
    }
    uploads.current.delete(key);
  }

  return {
    list,
    add(files) {
      for (const file of Array.from(files).slice(0, maxAttachments - list.length)) {
        const key = createId();
        setList((known) => [...known, { key, name: file.name, bytes: file.size, progress: 0 }]);
        void upload(key, file);
      }
    },
    remove(key) {
      uploads.current.get(key)?.cancel();
      setList((files) => files.filter((file) => file.key !== key));
    },
    clear: () => setList([]),
  };
}
