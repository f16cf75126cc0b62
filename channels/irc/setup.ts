import type { ChannelSetup } from "../../src/core/channel.ts";
import { AppError } from "../../src/core/errors.ts";
import type { IrcOptions } from "./config.ts";

export const setup: ChannelSetup = {
  steps: `1. Choose a network and a nick that is free there.
2. Where the network has accounts, register the nick there, so that nobody else can take it: with any IRC program,
   \`/msg NickServ REGISTER PASSWORD MAIL\`, then the command that the mail names. Leave with /quit afterwards.`,
  questions: [
    { key: "host", label: "Server", help: "Such as irc.libera.chat." },
    { key: "port", label: "Port", default: "6697", kind: "number" },
    { key: "tls", label: "TLS (yes or no)", default: "yes", kind: "boolean" },
    { key: "nick", label: "Nick", default: "parlance" },
    { key: "sasl.account", label: "Account", help: "Only where the nick is registered.", isOptional: true },
    { key: "sasl.password", label: "Password of the account", secretName: "IRC_ACCOUNT_PASSWORD", isOptional: true },
    { key: "channels", label: "Rooms to join", help: "Such as #ops #help.", kind: "list", isOptional: true },
  ],
  async check(given, signal) {
    const { host, port, tls } = given as IrcOptions;
    const chosen = port ?? (tls ? 6697 : 6667);
    await reach(host, chosen, tls, signal);
    return `${host}:${chosen} answers${tls ? " with a certificate that can be trusted" : ""}. The nick is tried at the start.`;
  },
};

/** Connects and hangs up: a log-in would be seen by others. Throws AppError "unreachable". */
async function reach(host: string, port: number, isTls: boolean, signal: AbortSignal): Promise<void> {
  const [{ connect }, { connect: connectTls }] = await Promise.all([import("node:net"), import("node:tls")]);
  await new Promise<void>((resolve, reject) => {
    const socket = isTls
      ? connectTls({ host, port, servername: host }, () => resolve())
      : connect({ host, port }, () => resolve());
    socket.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        new AppError("unreachable", `${host}:${port} cannot be reached (${error.code ?? error.name}).`, {
          hint: "Check the server, the port, and whether it wants TLS.",
        }),
      ),
    );
    signal.addEventListener("abort", () => socket.destroy(new Error("no answer in time")), { once: true });
    socket.once("close", () => reject(new AppError("unreachable", `${host}:${port} hung up.`)));
    socket.once(isTls ? "secureConnect" : "connect", () => socket.end());
  });
}
