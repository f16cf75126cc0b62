import { pino } from "pino";
import type { Logger } from "./core/log.ts";
import { logRedactPaths, redactSecrets } from "./safety/redact.ts";

/**
 * Structured logs on standard output, one JSON object a line. Secrets are taken out twice: by field name, and by
 * their own text, wherever an error message may have carried them.
 */
export function createLogger(
  level: string,
  secrets: () => readonly string[],
  destination: NodeJS.WritableStream = process.stdout,
): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: [...logRedactPaths], censor: "[redacted]" },
    },
    { write: (line) => void destination.write(redactSecrets(line, secrets())) },
  );
}
