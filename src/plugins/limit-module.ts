import { AppError } from "../core/errors.ts";

const pageBytes = 65_536;
const pagesPerMb = 1_048_576 / pageBytes;
/** Entries that a table may have, and that it may grow by. */
const maxTableEntries = 100_000;
const maxMemories = 1;
const maxTables = 100;

const sections = { types: 1, tables: 4, memories: 5 } as const;
const functionType = 0x60;

/**
 * The same WASM module, its memory and tables bounded by what is written into it, so that the engine itself holds the
 * limit and growing beyond it fails. A module with collected objects of its own (the GC proposal) is refused: they lie
 * in the heap of the whole process, and one that fills it cannot be ended. Throws AppError "bad-input" for what is no
 * module, "too-large", "unsupported".
 */
export function limitModule(bytes: Uint8Array, memoryMb: number): Uint8Array<ArrayBuffer> {
  const magic = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  if (!magic.every((byte, index) => bytes[index] === byte)) throw damaged();
  const out: Uint8Array[] = [bytes.subarray(0, magic.length)];
  const reader = createReader(bytes, magic.length);
  while (reader.position() < bytes.length) {
    const start = reader.position();
    const id = reader.byte();
    const size = reader.number();
    const inner = reader.take(size);
    const limited = limitSection(id, inner, memoryMb * pagesPerMb);
    out.push(
      limited === undefined
        ? bytes.subarray(start, reader.position())
        : Uint8Array.from([id, ...formatNumber(limited.length), ...limited]),
    );
  }
  return new Uint8Array(Buffer.concat(out));
}

/** Undefined: it stays as it is. */
function limitSection(id: number, bytes: Uint8Array, maxPages: number): number[] | undefined {
  const reader = createReader(bytes, 0);
  switch (id) {
    case sections.types:
      checkTypes(reader);
      return undefined;
    case sections.memories:
      return limitAll(reader, maxMemories, () => limitMemory(reader, maxPages));
    case sections.tables:
      return limitAll(reader, maxTables, () => limitTable(reader));
    default:
      return undefined;
  }
}

function limitAll(reader: Reader, max: number, limit: () => number[]): number[] {
  const count = reader.number();
  if (count > max) throw unsupported("It has too many memories or tables.");
  return [...formatNumber(count), ...Array.from({ length: count }, limit).flat()];
}

function limitMemory(reader: Reader, maxPages: number): number[] {
  const flags = reader.byte();
  // 1: has a maximum, 2: shared. More (64 bits, other page sizes) is rare, and counted differently.
  if (flags > 3) throw unsupported("Its memory is of a kind that is not known here.");
  const min = reader.number();
  const max = flags & 1 ? reader.number() : maxPages;
  if (min > maxPages)
    throw new AppError("too-large", `The plugin needs ${Math.ceil(min / pagesPerMb)} MB of memory from the start.`, {
      hint: "Its memoryMb allows less.",
    });
  return [flags | 1, ...formatNumber(min), ...formatNumber(Math.min(max, maxPages))];
}

function limitTable(reader: Reader): number[] {
  const type = reader.byte();
  // Functions and objects of the host; more comes with the GC proposal.
  if (type !== 0x70 && type !== 0x6f) throw unsupported("It has a table of a kind that is not known here.");
  const flags = reader.byte();
  if (flags > 1) throw unsupported("It has a table of a kind that is not known here.");
  const min = reader.number();
  const max = flags & 1 ? reader.number() : maxTableEntries;
  if (min > maxTableEntries) throw unsupported("It has a table that is too large.");
  return [type, 1, ...formatNumber(min), ...formatNumber(Math.min(max, maxTableEntries))];
}

function checkTypes(reader: Reader): void {
  const count = reader.number();
  for (let index = 0; index < count; index += 1) {
    if (reader.byte() !== functionType) throw unsupported("It uses collected objects (the GC proposal).");
    for (const _ of ["parameters", "results"]) {
      const values = reader.take(reader.number());
      // Types that take more than a byte come with the GC proposal.
      if (values.some((type) => type === 0x63 || type === 0x64))
        throw unsupported("It uses collected objects (the GC proposal).");
    }
  }
}

interface Reader {
  position(): number;
  byte(): number;
  /** Of at most 32 bits, as LEB128. */
  number(): number;
  take(length: number): Uint8Array;
}

function createReader(bytes: Uint8Array, start: number): Reader {
  let at = start;
  function byte(): number {
    const value = bytes[at];
    if (value === undefined) throw damaged();
    at += 1;
    return value;
  }
  return {
    position: () => at,
    byte,
    number() {
      let value = 0;
      for (let shift = 0; shift < 35; shift += 7) {
        const next = byte();
        value += (next & 0x7f) * 2 ** shift;
        if (next < 0x80) return value;
      }
      throw damaged();
    },
    take(length) {
      if (at + length > bytes.length) throw damaged();
      at += length;
      return bytes.subarray(at - length, at);
    },
  };
}

function formatNumber(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const byte = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? byte | 0x80 : byte);
  } while (rest > 0);
  return bytes;
}

function damaged(): AppError {
  return new AppError("bad-input", "The file is not a WASM module.", { hint: "A plugin is a binary .wasm file." });
}

function unsupported(reason: string): AppError {
  return new AppError("unsupported", `The plugin cannot be run here. ${reason}`, {
    hint: "Compile it to plain WebAssembly.",
  });
}
