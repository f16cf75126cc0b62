import { randomFillSync } from "node:crypto";

type WasiFunction = (...args: readonly (number | bigint)[]) => number;

export const wasiNamespace = "wasi_snapshot_preview1";

const codes = { ok: 0, badFile: 8, noSystem: 52, notSeekable: 70 } as const;

/**
 * The part of WASI that does no harm, for compilers that ask for it whether it is used or not: no file, no variable, no
 * argument, no network; the clock in whole milliseconds, random numbers, and output that goes nowhere. Whatever else a
 * module imports says that there is no such thing. `names` are those imported; `memory` the module's own.
 */
export function createWasi(names: readonly string[], memory: () => DataView): Readonly<Record<string, WasiFunction>> {
  const write32 = (at: unknown, value: number) => memory().setUint32(Number(at) >>> 0, value, true);
  const none: WasiFunction = (count, size) => {
    write32(count, 0);
    write32(size, 0);
    return codes.ok;
  };
  const known: Readonly<Record<string, WasiFunction>> = {
    args_sizes_get: none,
    args_get: () => codes.ok,
    environ_sizes_get: none,
    environ_get: () => codes.ok,
    clock_time_get: (_clock, _precision, at) => {
      memory().setBigUint64(Number(at) >>> 0, BigInt(Date.now()) * 1_000_000n, true);
      return codes.ok;
    },
    clock_res_get: (_clock, at) => {
      memory().setBigUint64(Number(at) >>> 0, 1_000_000n, true);
      return codes.ok;
    },
    random_get: (at, length) => {
      const { buffer } = memory();
      const bytes = new Uint8Array(buffer, Number(at) >>> 0, Number(length) >>> 0);
      randomFillSync(bytes);
      return codes.ok;
    },
    fd_write: (file, vectors, count, written) => {
      if (file !== 1 && file !== 2) return codes.badFile;
      let bytes = 0;
      const many = Math.min(Number(count) >>> 0, 1024);
      for (let index = 0; index < many; index += 1)
        bytes += memory().getUint32((Number(vectors) >>> 0) + index * 8 + 4, true);
      write32(written, bytes % 2 ** 32);
      return codes.ok;
    },
    fd_read: (_file, _vectors, _count, read) => {
      write32(read, 0);
      return codes.ok;
    },
    fd_close: () => codes.badFile,
    fd_fdstat_get: () => codes.badFile,
    fd_prestat_get: () => codes.badFile,
    fd_prestat_dir_name: () => codes.badFile,
    fd_seek: () => codes.notSeekable,
    sched_yield: () => codes.ok,
    proc_exit: (code) => {
      throw new Error(`it ended itself with exit code ${Number(code)}`);
    },
  };
  const missing: WasiFunction = () => codes.noSystem;
  return Object.fromEntries(names.map((name) => [name, (Object.hasOwn(known, name) && known[name]) || missing]));
}
