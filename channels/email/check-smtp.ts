import { AppError } from "../../src/core/errors.ts";
import { loadPackage } from "../../src/core/load-package.ts";
import type { Trust } from "./certificates.ts";
import type { EmailOptions } from "./config.ts";
import { describeTrouble } from "./trouble.ts";

/** Logs in and hangs up. Throws AppError. */
export async function checkSmtp(options: EmailOptions["smtp"], trust: Trust): Promise<void> {
  const { createTransport } = await loadPackage("nodemailer", () => import("nodemailer"));
  const { host, port, secure, user, password } = options;
  const transport = createTransport({
    host,
    port,
    secure: secure === "tls",
    requireTLS: secure === "starttls",
    ignoreTLS: secure === "none",
    connectionTimeout: 15_000,
    tls: { ...trust },
    ...(user === undefined || password === undefined ? {} : { auth: { user, pass: password } }),
  });
  try {
    await transport.verify();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown";
    throw code === "EAUTH"
      ? new AppError("unauthorised", "The SMTP server refused the login.", {
          hint: "Check smtp.user and smtp.password.",
        })
      : new AppError("unreachable", `The SMTP server cannot be used (${describeTrouble(code)}).`, {
          hint: "Check smtp.host, smtp.port and smtp.secure.",
        });
  } finally {
    transport.close();
  }
}
