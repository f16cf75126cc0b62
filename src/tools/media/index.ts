import type { FileStore } from "../../core/channel.ts";
import type { Tool } from "../../core/tool.ts";
import type { Reach } from "../reach.ts";
import type { AttachedOptions } from "./attached.ts";
import { createLookAtImage, type LookAtImage } from "./look-at-image.ts";
import { createSpeechTools } from "./speech.ts";

export interface MediaOptions extends Reach, Pick<AttachedOptions, "attachments"> {
  readonly files: FileStore;
  /** Absent: no model can see, and look_at_image is not offered. */
  readonly look?: LookAtImage;
}

/** Pictures where a model can see them, and speech where a service is configured. */
export function createMediaTools({ files, look, ...options }: MediaOptions): readonly Tool[] {
  const attached = { ...options, openFile: (attachment: Parameters<FileStore["open"]>[0]) => files.open(attachment) };
  const services = options.services.filter(({ kind }) => kind === "speech");
  return [
    ...(look === undefined ? [] : [createLookAtImage({ ...attached, look })]),
    ...(services.length === 0
      ? []
      : createSpeechTools({ ...attached, services, saveFile: (...file) => files.save(...file) })),
  ];
}
