/** What one document may cost. */
export const limits = {
  bytes: 32 * 1_048_576,
  /** Of all pages together. */
  chars: 2_000_000,
  pages: 2000,
  /** Of the unpacked parts of an office file that we read. */
  unpackedBytes: 128 * 1_048_576,
  zipEntries: 10_000,
  timeoutMs: 30_000,
  memoryMb: 512,
  /** Columns of a table. */
  columns: 256,
} as const;
