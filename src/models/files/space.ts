import { AppError } from "../../core/errors.ts";

/** Free to us, on the disk of the model store. */
export type FreeBytes = () => Promise<number>;

/** Left free for everything else: the database must go on writing. */
const reserveBytes = 256 * 1024 * 1024;

/** Throws AppError "store-failed", with the figures, when so much more does not fit. */
export async function needSpace(bytes: number, freeBytes: FreeBytes): Promise<void> {
  const free = await freeBytes();
  if (bytes + reserveBytes <= free) return;
  throw new AppError(
    "store-failed",
    `${gigabytes(bytes)} are needed on the disk of the model store, and ${gigabytes(reserveBytes)} to spare; ${gigabytes(free)} are free.`,
    { hint: "Make room; `parlance models gc` removes what nothing uses." },
  );
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(bytes < 1e8 ? 3 : 1)} GB`;
}
