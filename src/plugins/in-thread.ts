import type { CallContext, Plugin } from "@extism/extism";
import { AppError } from "../core/errors.ts";
import { loadPackage } from "../core/load-package.ts";
import type { Ask } from "../core/run-apart.ts";
import type { HostAnswer, HostQuestion } from "./host-calls.ts";
import { createWasi, wasiNamespace } from "./wasi.ts";

/*
 * What runs in a thread of its own, for one call, and ends with it. Extism's own thread is not used: it ends the whole
 * process when the plugin takes too much memory, knows no limit, and sees our environment.
 */

/** Address of this module, for `runApart`. */
export const threadModule: string = import.meta.url;

export interface ThreadJob {
  readonly module: WebAssembly.Module;
  readonly export: "describe" | "call";
  /** JSON; empty: none. */
  readonly input: string;
  readonly keys: Readonly<Record<string, string>>;
  readonly memoryMb: number;
}

/** Asked before anything of the plugin runs: from here on its time counts. */
export const begun = "begun";

export type ThreadResult =
  | { readonly kind: "answered"; readonly value: unknown }
  /** `isFull`: its memory was used up. */
  | { readonly kind: "failed"; readonly reason: string; readonly isFull: boolean };

type HostFunction = (context: CallContext, ...addresses: readonly bigint[]) => bigint | number;

const ownNamespace = "extism:host/env";
/** Where compilers for Extism look for functions of whoever runs the plugin. */
const userNamespace = "extism:host/user";
export const hostFunctions = ["http_request", "read_file", "write_file", "list_files"] as const;

const maxOutputBytes = 4 * 1_048_576;
const maxHostCalls = 1_000;
/** What a block costs besides its bytes. */
const blockBytes = 256;
const maxReasonChars = 1_000;

/** Runs one export of a plugin. Throws AppError "package-missing", or what a question of Extism's own HTTP was refused with. */
export async function runInThread(job: ThreadJob, ask: Ask): Promise<ThreadResult> {
  const { createPlugin } = await loadPackage("@extism/extism", () => import("@extism/extism"));
  ask(begun);
  const blocks = createBlocks(job.memoryMb * 1_048_576);
  let instance: WebAssembly.Instance | undefined;
  const memories = () =>
    Object.values(instance?.exports ?? {}).filter(
      (one): one is WebAssembly.Memory => one instanceof WebAssembly.Memory,
    );
  const describeFailure = (error: unknown): ThreadResult => ({
    kind: "failed",
    reason: (error instanceof Error ? error.message : String(error)).slice(0, maxReasonChars),
    isFull:
      blocks.isFull() ||
      memories().some(({ buffer }) => buffer.byteLength > 0 && buffer.byteLength >= job.memoryMb * 1_048_576),
  });
  try {
    const wasi = createWasi(listImports(job.module, wasiNamespace), () => {
      const [memory] = memories();
      if (memory === undefined) throw new Error("it exports no memory");
      return new DataView(memory.buffer);
    });
    const plugin = await createPlugin(
      { wasm: [{ module: job.module }] },
      {
        useWasi: false,
        runInWorker: false,
        allowedHosts: [],
        allowedPaths: {},
        fetch: refuseFetch,
        logger: createSilentLogger(),
        // Without a prototype: "constructor" is no key that anybody declared.
        config: Object.assign(Object.create(null), job.keys) as Record<string, string>,
        functions: {
          [ownNamespace]: { alloc: blocks.alloc, ...createOwnHttp(ask) },
          [userNamespace]: createHostFunctions(ask),
          [wasiNamespace]: Object.fromEntries(
            Object.entries(wasi).map(([name, run]) => [
              name,
              (_: CallContext, ...args: (number | bigint)[]) => run(...args),
            ]),
          ),
        },
      },
    );
    instance = await plugin.getInstance();
    const begin = instance.exports["_initialize"];
    if (typeof begin === "function") (begin as () => void)();
    return await runExport(plugin, job);
  } catch (error) {
    if (error instanceof Error && error.name === "AppError") throw error;
    return describeFailure(error);
  }
}

async function runExport(plugin: Plugin, job: ThreadJob): Promise<ThreadResult> {
  const fail = (reason: string): ThreadResult => ({ kind: "failed", reason, isFull: false });
  if (!(await plugin.functionExists(job.export))) return fail(`it has no function "${job.export}"`);
  const output = await plugin.call(job.export, job.input);
  if (output === null) return fail("it answered with nothing");
  if (output.bytes().length > maxOutputBytes)
    return fail(`it answered with more than ${maxOutputBytes / 1_048_576} MB`);
  try {
    return { kind: "answered", value: output.json() as unknown };
  } catch {
    return fail("its answer is not JSON");
  }
}

export function listImports(module: WebAssembly.Module, namespace: string): readonly string[] {
  return WebAssembly.Module.imports(module)
    .filter((one) => one.module === namespace && one.kind === "function")
    .map(({ name }) => name);
}

/** Counts what a plugin holds in Extism's blocks, which lie beside its memory. */
function createBlocks(maxBytes: number) {
  let held: { readonly address: bigint; readonly bytes: number }[] = [];
  let total = 0;
  let isFull = false;
  return {
    isFull: () => isFull,
    alloc(context: CallContext, size: bigint): bigint {
      const bytes = Number(size) + blockBytes;
      if (total + bytes > maxBytes) {
        held = held.filter(({ address }) => context.length(address) > 0n);
        total = held.reduce((sum, block) => sum + block.bytes, 0);
      }
      if (size < 0n || total + bytes > maxBytes) {
        isFull = true;
        throw new Error("it needs more memory than it may have");
      }
      const address = context.alloc(size);
      held.push({ address, bytes });
      total += bytes;
      return address;
    },
  };
}

/** Ours: JSON in, JSON out; what was refused is a field "error" in the answer. */
function createHostFunctions(ask: Ask): Readonly<Record<string, HostFunction>> {
  let calls = 0;
  const define =
    (name: HostQuestion["name"]): HostFunction =>
    (context, address) => {
      calls += 1;
      if (calls > maxHostCalls) throw new Error(`it called more than ${maxHostCalls} functions of ours`);
      const question: HostQuestion = { name, input: context.read(address ?? 0n)?.text() ?? "" };
      const answer = ask(question) as HostAnswer;
      return context.store(JSON.stringify(answer));
    };
  return Object.fromEntries(hostFunctions.map((name) => [name, define(name)]));
}

/** Extism's own HTTP, led through ours: a refusal ends the call, as there is no way to tell the plugin. */
function createOwnHttp(ask: Ask): Readonly<Record<string, HostFunction>> {
  let status = 0;
  return {
    http_request(context, address, bodyAddress) {
      const request = (context.read(address ?? 0n)?.json() ?? {}) as {
        url?: string;
        method?: string;
        headers?: object;
        header?: object;
      };
      const body = bodyAddress === undefined || bodyAddress === 0n ? undefined : context.read(bodyAddress)?.bytes();
      const question: HostQuestion = {
        name: "http_request",
        input: JSON.stringify({
          url: request.url,
          method: request.method ?? "GET",
          headers: request.headers ?? request.header ?? {},
          ...(body === undefined || body.length === 0 ? {} : { bodyBase64: Buffer.from(body).toString("base64") }),
        }),
      };
      const answer = ask(question) as HostAnswer;
      if (typeof answer["error"] === "string") throw new Error(answer["error"]);
      status = Number(answer["status"]);
      const bytes =
        typeof answer["bodyBase64"] === "string"
          ? Buffer.from(answer["bodyBase64"], "base64")
          : Buffer.from(typeof answer["body"] === "string" ? answer["body"] : "");
      return bytes.length === 0 ? 0n : context.store(new Uint8Array(bytes));
    },
    http_status_code: () => status,
  };
}

function refuseFetch(): Promise<never> {
  return Promise.reject(new AppError("egress-refused", "Nothing goes out this way."));
}

function createSilentLogger(): Console {
  const silent = () => undefined;
  return {
    trace: silent,
    debug: silent,
    info: silent,
    log: silent,
    warn: silent,
    error: silent,
  } as Partial<Console> as Console;
}
