import { readFile } from "node:fs/promises";
import { AppError } from "../../src/core/errors.ts";
import { rootCertificates } from "node:tls";

/**
 * The certificates to trust: the configured ones beside Node's. Undefined when none is configured.
 * Throws AppError "config-invalid" when the file cannot be read.
 */
export async function loadCertificates(options: { readonly ca?: string | undefined; readonly caFile?: string | undefined }): Promise<string[] | undefined> {
  if (options.ca === undefined && options.caFile === undefined) return undefined;
  const own = options.ca ?? (await readCertificates(options.caFile ?? ""));
  return [...rootCertificates, own];
}

async function readCertificates(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new AppError("config-invalid", `The certificate file ${path} cannot be read.`, { hint: "Check caFile.", cause: error });
  }
}
