import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/*
 * Run by hand after packages were added or updated: `npm run lock`. Three things that npm leaves wrong for us.
 *
 * npm checks `engines` against the Node that runs npm, and drops optional packages in silence when it is too old. Ours
 * run on the Node 24 that is installed along with them, so `engines` is taken out of the lock file's optional entries.
 *
 * Optional packages for other systems are left out of the lock file where the registry at hand does not have them;
 * `npm ci` then refuses to work. They are written in with what their names say. What is not for this system is not
 * downloaded, so they only need to be there; where they are for this system, their integrity is not checked.
 *
 * Optional parts of libraries that nothing here calls, or that few machines can use, are written in as being for no
 * system: 900 MB that nobody has to download. Who has a graphics card installs its part by name.
 */

export interface LockEntry {
  readonly version?: string;
  readonly optional?: boolean;
  readonly dev?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly engines?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export type LockPackages = Readonly<Record<string, LockEntry>>;

const unwanted = /(^|\/)(@node-llama-cpp\/\w+-\w+-(cuda|cuda-ext|vulkan)|@huggingface\/transformers)$/;

/** Says that it is for x64, too, where it only lets others compile for it. */
const notForThis = /(^|\/)@node-llama-cpp\/linux-(arm64|armv7l)$/;

const systems = ["darwin", "linux", "win32", "android", "freebsd", "openharmony"];
/** Names that some packages give to systems. */
const nicknames: Readonly<Record<string, string>> = { mac: "darwin", win: "win32" };
const processors = ["arm64", "ppc64", "riscv64", "s390x", "x64", "ia32", "arm"];

/** The `packages` of a lock file as they should be. The same again for what is mended already. */
export function mendPackages(packages: LockPackages): LockPackages {
  const mended = Object.entries(packages).map(
    ([place, entry]) => [place, withoutUnwanted(place, withoutEngines(entry))] as const,
  );
  const missing = Object.entries(packages).flatMap(([place, entry]) =>
    place === "" ? [] : formatMissing(packages, place, entry),
  );
  const all = [...mended, ...missing].toSorted(([a], [b]) => a.localeCompare(b, "en"));
  return Object.fromEntries(all);
}

function withoutEngines(entry: LockEntry): LockEntry {
  if (entry.optional !== true) return entry;
  const { engines: _engines, ...rest } = entry;
  return rest;
}

function withoutUnwanted(place: string, entry: LockEntry): LockEntry {
  if (entry.optional !== true) return entry;
  if (unwanted.test(place)) return { ...entry, os: ["none"] };
  return notForThis.test(place) && entry.cpu !== undefined
    ? { ...entry, cpu: entry.cpu.filter((cpu) => cpu !== "x64") }
    : entry;
}

function formatMissing(packages: LockPackages, place: string, parent: LockEntry): (readonly [string, LockEntry])[] {
  return Object.entries(parent.optionalDependencies ?? {}).flatMap(([name, version]) => {
    if (packages[`node_modules/${name}`] !== undefined || packages[`${place}/node_modules/${name}`] !== undefined)
      return [];
    const words = new Set(name.split(/[/-]/).map((word) => nicknames[word] ?? word));
    const os = systems.find((system) => words.has(system));
    const cpu = processors.find((processor) => words.has(processor));
    if (os === undefined || cpu === undefined || !/^\d+\.\d+\.\d+$/.test(version)) return [];
    const libc = os !== "linux" ? undefined : words.has("musl") ? "musl" : words.has("gnu") ? "glibc" : undefined;
    const entry = {
      version,
      cpu: [cpu],
      ...(parent.dev === true ? { dev: true } : {}),
      ...(libc === undefined ? {} : { libc: [libc] }),
      optional: true,
      os: [os],
    };
    return [[`node_modules/${name}`, withoutUnwanted(name, entry)]];
  });
}

if (import.meta.main) {
  const file = fileURLToPath(new URL("../package-lock.json", import.meta.url));
  const lock = JSON.parse(readFileSync(file, "utf8")) as { packages: LockPackages };
  lock.packages = mendPackages(lock.packages);
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
}
