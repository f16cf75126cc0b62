import { z } from "zod";
import type { EgressFetch } from "../core/egress.ts";
import { AppError, describeError, isAppError } from "../core/errors.ts";
import { isDeclaredHost } from "./hosts.ts";
import type { PluginFolder, PluginOptions } from "./options.ts";

/** What a plugin asks us for; `input` is JSON of its making. */
export interface HostQuestion {
  readonly name: "http_request" | "read_file" | "write_file" | "list_files";
  readonly input: string;
}

/** Either the fields of an answer, or only `error`, a sentence. */
export type HostAnswer = Readonly<Record<string, unknown>>;

/** Files below a folder, confined to it: nothing that leads out of it, no links. All throw AppError. */
export interface ConfinedFiles {
  read(root: string, path: string): Promise<Uint8Array>;
  write(root: string, path: string, content: Uint8Array, options: { readonly mayReplace: boolean }): Promise<void>;
  /** What lies directly in it, at most `max`. */
  list(
    root: string,
    path: string,
    max: number,
  ): Promise<readonly { readonly path: string; readonly kind: "file" | "folder" | "other" }[]>;
}

export interface HostCallDeps {
  readonly fetch: EgressFetch;
  readonly files: ConfinedFiles;
}

const maxQuestionChars = 8 * 1_048_576;
const maxEntries = 1_000;

const text = z.string().max(maxQuestionChars);
const httpInput = z.strictObject({
  url: z.string().max(8_000),
  method: z.enum(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]).optional(),
  headers: z.record(z.string(), z.string()).optional(),
  body: text.optional(),
  bodyBase64: text.optional(),
});
const place = { folder: z.string().max(100), path: z.string().max(1_000) };
const readInput = z.strictObject(place);
const listInput = z.strictObject({ ...place, path: place.path.optional() });
const writeInput = z.strictObject({
  ...place,
  text: text.optional(),
  base64: text.optional(),
  replace: z.boolean().optional(),
});

/**
 * Answers what a plugin asks for, as far as it was declared. Never throws: what is refused or fails is a sentence in
 * the answer. `turnId` is for the ledger.
 */
export async function answerPlugin(
  question: HostQuestion,
  options: PluginOptions,
  deps: HostCallDeps,
  turnId: string,
  signal: AbortSignal,
): Promise<HostAnswer> {
  try {
    switch (question.name) {
      case "http_request":
        return await request(parse(httpInput, question), options, deps.fetch, turnId, signal);
      case "read_file": {
        const { folder, path } = parse(readInput, question);
        return formatBytes(await deps.files.read(findFolder(options, folder).path, path), "text", "base64");
      }
      case "write_file": {
        const { folder, path, text: plain = "", base64, replace = false } = parse(writeInput, question);
        const found = findFolder(options, folder);
        if (found.access !== "write") throw new AppError("forbidden", `The folder "${folder}" may only be read.`);
        const content = base64 === undefined ? Buffer.from(plain) : Buffer.from(base64, "base64");
        await deps.files.write(found.path, path, content, { mayReplace: replace });
        return { bytes: content.length };
      }
      case "list_files": {
        const { folder, path = "" } = parse(listInput, question);
        const entries = await deps.files.list(findFolder(options, folder).path, path, maxEntries + 1);
        return { files: entries.slice(0, maxEntries), isCut: entries.length > maxEntries };
      }
    }
  } catch (error) {
    return { error: isAppError(error) ? describeError(error) : "It failed in an unexpected way." };
  }
}

async function request(
  input: z.output<typeof httpInput>,
  options: PluginOptions,
  fetch: EgressFetch,
  turnId: string,
  signal: AbortSignal,
): Promise<HostAnswer> {
  const { url, method = "GET", headers = {}, body, bodyBase64 } = input;
  const sent = bodyBase64 === undefined ? body : Buffer.from(bodyBase64, "base64");
  const hasBody = sent !== undefined && method !== "GET" && method !== "HEAD";
  const response = await fetch(url, {
    method,
    headers,
    ...(hasBody ? { body: sent } : {}),
    isHostAllowed: (host) => isDeclaredHost(host, options.hosts ?? []),
    isAddressSecret: Object.values(options.keys ?? {}).some(
      (key) => url.includes(key) || url.includes(encodeURIComponent(key)),
    ),
    turnId,
    signal,
  });
  return {
    status: response.status,
    url: response.url,
    headers: response.headers,
    ...formatBytes(response.body, "body", "bodyBase64"),
  };
}

function findFolder({ folders = {} }: PluginOptions, name: string): PluginFolder {
  const folder = Object.hasOwn(folders, name) ? folders[name] : undefined;
  if (folder === undefined) throw new AppError("forbidden", `No folder "${name}" was declared for this plugin.`);
  return folder;
}

function parse<Schema extends z.ZodType>(schema: Schema, { name, input }: HostQuestion): z.output<Schema> {
  let value: unknown;
  try {
    if (input.length <= maxQuestionChars * 2) value = JSON.parse(input);
  } catch {
    value = undefined;
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new AppError("bad-input", `The input of ${name} is not as it should be: ${z.prettifyError(result.error)}`);
}

/** As text where it is UTF-8, otherwise in base 64. */
function formatBytes(bytes: Uint8Array, plain: string, packed: string): HostAnswer {
  try {
    return { [plain]: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { [packed]: Buffer.from(bytes).toString("base64") };
  }
}
