import { readFile } from "node:fs/promises";
import { createSecureContext, rootCertificates, type SecureContext } from "node:tls";
import { AppError } from "../../src/core/errors.ts";

/** What goes into the TLS options of a connection. Empty: Node's own trust. */
export interface Trust {
  readonly secureContext?: SecureContext;
}

/**
 * The certificates to trust: those of the PEM file beside Node's. Made once, on first use, for reading all of Node's takes
 * some 13 ms of CPU. Rejects with AppError "config-invalid" when the file cannot be read, and tries again next time.
 */
export function createTrust(file: string | undefined): () => Promise<Trust> {
  let trust: Trust | undefined;
  return async () => {
    trust ??=
      file === undefined
        ? {}
        : { secureContext: createSecureContext({ ca: [...rootCertificates, await readCertificates(file)] }) };
    return trust;
  };
}

async function readCertificates(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new AppError("config-invalid", `The certificate file ${path} cannot be read.`, {
      hint: "Check ca.",
      cause: error,
    });
  }
}
