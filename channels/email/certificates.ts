import { readFile } from "node:fs/promises";
import { createSecureContext, rootCertificates, type SecureContext } from "node:tls";
import { AppError } from "../../src/core/errors.ts";

/** What goes into the TLS options of a connection. Empty: Node's own trust. */
export interface Trust {
  readonly secureContext?: SecureContext;
}

/**
 * The certificates to trust: the configured ones beside Node's. Made once, on first use, for reading all of Node's takes
 * some 13 ms of CPU. Rejects with AppError "config-invalid" when the file cannot be read, and tries again next time.
 */
export function createTrust(options: {
  readonly ca?: string | undefined;
  readonly caFile?: string | undefined;
}): () => Promise<Trust> {
  let trust: Trust | undefined;
  return async () => {
    if (trust === undefined && options.ca === undefined && options.caFile === undefined) trust = {};
    trust ??= {
      secureContext: createSecureContext({
        ca: [...rootCertificates, options.ca ?? (await readCertificates(options.caFile ?? ""))],
      }),
    };
    return trust;
  };
}

async function readCertificates(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new AppError("config-invalid", `The certificate file ${path} cannot be read.`, {
      hint: "Check caFile.",
      cause: error,
    });
  }
}
