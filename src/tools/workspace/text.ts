import { AppError } from "../../core/errors.ts";

export const maxTextBytes = 4 * 1_048_576;

/** Bytes of a text file. Throws AppError "unsupported" when they are no UTF-8. */
export function decodeFile(bytes: Uint8Array): string {
  try {
    if (bytes.includes(0)) throw new TypeError("a NUL byte");
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new AppError("unsupported", "This is no text file.", {
      hint: "Documents such as PDF or Word are read with read_document.",
      cause: error,
    });
  }
}
