import { AppError } from "../core/errors.ts";
import { loadPackage } from "../core/load-package.ts";
import { limits } from "./limits.ts";

/** An office file: its parts' names, and the text of those that are asked for. */
export interface Archive {
  readonly names: readonly string[];
  /** Undefined: there is no such part. Throws AppError "too-large" when the parts together are too large. */
  text(name: string): string | undefined;
}

/** Throws AppError "unsupported" when it is no ZIP archive that can be read. */
export async function openArchive(bytes: Uint8Array): Promise<Archive> {
  const { unzipSync } = await loadPackage("fflate", () => import("fflate"));
  const sizes = new Map<string, number>();
  let entries = 0;
  unpack((name, size) => {
    entries += 1;
    if (entries > limits.zipEntries) throw new AppError("too-large", "The archive holds too many files.");
    sizes.set(name, size);
    return false;
  });
  let room: number = limits.unpackedBytes;

  /** The buffer for a part is as large as the archive says, and never grows: what lies about its size is cut. */
  function unpack(isWanted: (name: string, size: number) => boolean): Readonly<Record<string, Uint8Array>> {
    try {
      return unzipSync(bytes, { filter: ({ name, originalSize }) => isWanted(name, originalSize) });
    } catch (error) {
      if (error instanceof AppError) throw error;
      throw new AppError("unsupported", "The file is damaged: it cannot be unpacked.", { cause: error });
    }
  }

  return {
    names: [...sizes.keys()],
    text(name) {
      const size = sizes.get(name);
      if (size === undefined) return undefined;
      room -= size;
      if (room < 0) throw new AppError("too-large", "The file is too large when it is unpacked.");
      return new TextDecoder().decode(unpack((other) => other === name)[name]);
    },
  };
}
