import { createHash } from "node:crypto";
import { AppError } from "../../core/errors.ts";

/** What a person writes to name a model, understood. Nothing is looked up yet. */
export type ModelReference =
  /** Of a repository the files of one quantisation; "latest" is the one that its owner chose. */
  | { readonly kind: "repository"; readonly repository: string; readonly quant: string }
  | {
      readonly kind: "repository-file";
      readonly repository: string;
      readonly path: string;
      readonly revision: string;
    }
  /** `url` may have a query that opens the file; `shown` has none and stands for it everywhere else. */
  | { readonly kind: "url"; readonly url: string; readonly shown: string }
  /** A file of this machine, which lies where it lies. */
  | { readonly kind: "file"; readonly path: string }
  /** An entry of the registry. */
  | { readonly kind: "name"; readonly name: string };

const hint =
  "Such as hf:Qwen/Qwen3-0.6B-GGUF:Q8_0, hf:owner/repository/file.gguf, https://example.org/model.gguf, ./model.gguf, or a name that `parlance models list` shows.";
const part = /^[A-Za-z0-9][\w.-]{0,95}$/;
const fileName = /^[A-Za-z0-9_][\w.+-]{0,199}$/;

/** Reads a reference. Pure. Throws AppError "bad-input". */
export function parseReference(text: string): ModelReference {
  const trimmed = text.trim();
  if (trimmed.startsWith("hf:")) return parseHuggingFace(trimmed.slice("hf:".length));
  if (/^https?:\/\//i.test(trimmed)) return parseUrl(trimmed);
  if (/^[A-Za-z0-9][\w.-]{0,63}$/.test(trimmed) && !/\.(gguf|onnx)$/i.test(trimmed))
    return { kind: "name", name: trimmed.toLowerCase() };
  if (/^(~|\.{1,2})?[/\\]|^[A-Za-z]:[/\\]|\.(gguf|onnx)$/i.test(trimmed)) return { kind: "file", path: trimmed };
  throw new AppError("bad-input", "This names no model.", { hint });
}

/** The one spelling of a reference: what is written into files and shown. No secrets are in it. */
export function formatReference(reference: ModelReference): string {
  switch (reference.kind) {
    case "repository":
      return `hf:${reference.repository}${reference.quant === "latest" ? "" : `:${reference.quant}`}`;
    case "repository-file":
      return `hf:${reference.repository}/${reference.path}${reference.revision === "main" ? "" : `#${reference.revision}`}`;
    case "url":
      return reference.shown;
    case "file":
      return reference.path;
    case "name":
      return reference.name;
  }
}

/** A file name for a reference: readable, and different for different ones. */
export function formatSlug(reference: string): string {
  const readable = reference
    .replace(/^(hf:|https:\/\/)/, "")
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-");
  const mark = createHash("sha256").update(reference).digest("hex").slice(0, 8);
  return `${readable.slice(0, 60).replace(/^[-.]+|[-.]+$/g, "")}-${mark}`;
}

/** A name that can stand in a folder of ours: whatever a server or a registry says, it stays in there. */
export function isFileName(name: string): boolean {
  return fileName.test(name);
}

function parseHuggingFace(text: string): ModelReference {
  const [place = "", revision = "main", ...more] = text.split("#");
  const [owner = "", named = "", ...path] = place.split("/");
  const [name = "", quant = "", ...others] = named.split(":");
  const isKnown = part.test(owner) && part.test(name) && more.length === 0 && others.length === 0;
  if (!isKnown || !/^[\w./-]{1,200}$/.test(revision) || revision.includes(".."))
    throw new AppError("bad-input", "This is no reference to Hugging Face.", { hint });
  const repository = `${owner}/${name}`;
  if (path.length === 0) {
    if (revision !== "main" || (named.includes(":") && !part.test(quant)))
      throw new AppError("bad-input", "This is no reference to Hugging Face.", { hint });
    return { kind: "repository", repository, quant: formatQuant(quant) };
  }
  if (named.includes(":") || path.some((step) => !isFileName(step)))
    throw new AppError("bad-input", "This is no file of a repository.", { hint });
  return { kind: "repository-file", repository, path: path.join("/"), revision };
}

/** "q8_0" and "Q8_0" are one; other tags are left as they are written. */
function formatQuant(quant: string): string {
  if (quant === "" || quant.toLowerCase() === "latest") return "latest";
  return /^(I?Q|TQ|B?F|MXFP|UD-)\d?/i.test(quant) ? quant.toUpperCase() : quant;
}

function parseUrl(text: string): ModelReference {
  const url = URL.parse(text);
  if (url === null) throw new AppError("bad-input", "This is not a URL.", { hint });
  if (url.username !== "" || url.password !== "")
    throw new AppError("bad-input", "A URL with a user name or password in it is not opened.", { hint });
  const name = url.pathname.split("/").at(-1) ?? "";
  if (!isFileName(name) || !name.includes("."))
    throw new AppError("bad-input", "The URL does not end in the name of a file.", { hint });
  url.hash = "";
  return { kind: "url", url: url.href, shown: `${url.origin}${url.pathname}` };
}
