import { z } from "zod";
import { AppError } from "../../core/errors.ts";
import type { WantedFile } from "./download.ts";
import type { OpenDownload } from "./open-download.ts";
import { isFileName } from "./reference.ts";
import { describeStatus } from "./refusals.ts";
import type { Target } from "./registry.ts";
import { withRetries, type RetryOptions } from "./retry.ts";

export interface HubDeps {
  readonly open: OpenDownload;
  /** Of Hugging Face or of a mirror; without a slash at its end. */
  readonly endpoint: string;
  readonly token: string | undefined;
  readonly now: () => number;
  readonly wait?: RetryOptions["wait"];
}

const maxAnswerBytes = 16 * 1024 * 1024;

const manifestSchema = z.object({
  ggufFile: z.object({
    rfilename: z.string(),
    size: z.int().optional(),
    lfs: z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }).optional(),
  }),
});
const repositorySchema = z.object({
  siblings: z.array(
    z.object({
      rfilename: z.string(),
      size: z.int().nullish(),
      lfs: z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }).nullish(),
    }),
  ),
});

interface Listed {
  readonly path: string;
  readonly name?: string;
  readonly bytes?: number;
  readonly sha256?: string;
}

/** The files that a target consists of, with all that is known of them. Throws AppError. */
export async function listWanted(target: Target, signal: AbortSignal, deps: HubDeps): Promise<readonly WantedFile[]> {
  const { reference, entry } = target;
  if (reference.kind === "file")
    throw new AppError("bad-input", "A file of this machine is not fetched: name it where it lies.");
  if (reference.kind === "url") {
    const name = reference.shown.split("/").at(-1) ?? "";
    const known = entry?.files?.[0];
    return [{ name, url: reference.url, ...(known?.sha256 === undefined ? {} : { sha256: known.sha256 }) }];
  }
  const { repository } = reference;
  const revision = entry?.revision ?? (reference.kind === "repository-file" ? reference.revision : "main");
  const toWanted = (file: Listed): WantedFile => {
    const name = file.name ?? file.path.split("/").at(-1) ?? "";
    if (!isFileName(name) || file.path.split("/").includes(".."))
      throw new AppError("conflict", "The server names a file in a way that is not trusted.");
    return {
      name,
      url: `${deps.endpoint}/${repository}/resolve/${encodeURIComponent(revision)}/${file.path.split("/").map(encodeURIComponent).join("/")}`,
      repository,
      ...(deps.token === undefined ? {} : { token: deps.token }),
      ...(file.bytes === undefined ? {} : { bytes: file.bytes }),
      ...(file.sha256 === undefined ? {} : { sha256: file.sha256 }),
    };
  };
  if (entry?.files !== undefined) return entry.files.map((file) => toWanted({ path: file.name, ...file }));
  if (reference.kind === "repository-file") return [toWanted({ path: reference.path })];
  const listed = await listQuant(repository, reference.quant, signal, deps);
  return listed.map((file) => ({ ...toWanted(file), isServersWord: true }));
}

/** The files of a quantisation: by its manifest, or by their names where a mirror has none. */
async function listQuant(
  repository: string,
  quant: string,
  signal: AbortSignal,
  deps: HubDeps,
): Promise<readonly Listed[]> {
  const manifest = await loadJson(`/v2/${repository}/manifests/${encodeURIComponent(quant)}`, repository, signal, deps);
  const found = manifestSchema.safeParse(manifest).data?.ggufFile;
  if (found !== undefined && !isSplit(found.rfilename))
    return [
      {
        path: found.rfilename,
        ...(found.size === undefined ? {} : { bytes: found.size }),
        ...(found.lfs === undefined ? {} : { sha256: found.lfs.sha256 }),
      },
    ];
  const listing = repositorySchema.safeParse(
    await loadJson(`/api/models/${repository}?blobs=true`, repository, signal, deps),
  ).data;
  const files = (listing?.siblings ?? []).map(({ rfilename, size, lfs }) => ({
    path: rfilename,
    ...(size == null ? {} : { bytes: size }),
    ...(lfs == null ? {} : { sha256: lfs.sha256 }),
  }));
  const picked = pickQuant(files, found?.rfilename, quant);
  if (picked.length > 0) return picked;
  const names = files.map(({ path }) => path).filter((path) => path.endsWith(".gguf"));
  throw new AppError("not-found", `${repository} has no ${quant === "latest" ? "GGUF" : quant}.`, {
    hint: names.length === 0 ? "It has no GGUF at all." : `It has: ${names.slice(0, 20).join(", ")}.`,
  });
}

/** All parts of a model that is split (-00001-of-00003), else the one file with that quantisation in its name. Pure. */
export function pickQuant<File extends { readonly path: string }>(
  files: readonly File[],
  named: string | undefined,
  quant: string,
): readonly File[] {
  const models = files.filter(({ path }) => path.endsWith(".gguf") && !/mmproj/i.test(path));
  const first =
    models.find(({ path }) => path === named) ??
    models
      .filter(({ path }) => hasQuant(path, quant === "latest" ? "Q4_K_M" : quant))
      .toSorted((a, b) => a.path.localeCompare(b.path))[0] ??
    (quant === "latest" && models.length === 1 ? models[0] : undefined);
  if (first === undefined) return [];
  if (!isSplit(first.path)) return [first];
  const stem = first.path.replace(/-\d{5}-of-\d{5}\.gguf$/, "");
  return models
    .filter(({ path }) => isSplit(path) && path.startsWith(`${stem}-`))
    .toSorted((a, b) => a.path.localeCompare(b.path));
}

function hasQuant(path: string, quant: string): boolean {
  const plain = (text: string): string => `-${text.toUpperCase().replace(/[^A-Z0-9_]+/g, "-")}-`;
  return plain(path).includes(plain(quant));
}

function isSplit(path: string): boolean {
  return /-\d{5}-of-\d{5}\.gguf$/.test(path);
}

/** Undefined where there is no such thing. */
async function loadJson(path: string, repository: string, signal: AbortSignal, deps: HubDeps): Promise<unknown> {
  return withRetries({ signal, wait: deps.wait }, async () => {
    const answer = await deps.open(`${deps.endpoint}${path}`, { token: deps.token, signal });
    try {
      if (answer.status === 404 || answer.status === 400) return undefined;
      if (answer.status !== 200)
        throw describeStatus(
          answer,
          { name: repository, repository, ...(deps.token === undefined ? {} : { token: deps.token }) },
          deps.now(),
        );
      const chunks: Buffer[] = [];
      let bytes = 0;
      for await (const chunk of answer.body as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > maxAnswerBytes) throw new AppError("too-large", "The server's list of files is too long.");
        chunks.push(chunk);
      }
      return JSON.parse(Buffer.concat(chunks).toString("utf8")) as unknown;
    } catch (error) {
      if (error instanceof AppError || signal.aborted) throw error;
      if (error instanceof SyntaxError) return undefined;
      throw new AppError("unreachable", "The connection broke off.", { retryAfterMs: 1_000, cause: error });
    } finally {
      answer.body.destroy();
    }
  });
}
