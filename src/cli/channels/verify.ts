import type { Config } from "../../../config/schema.ts";
import type { DialogueFrame } from "../../core/channel.ts";
import { AppError } from "../../core/errors.ts";
import { plain, printLine } from "../print.ts";
import { headersOf, placeOfService } from "../running.ts";
import { createAsker } from "./ask.ts";

/** Verifies the device of a channel of the running service, in a talk at the terminal. Resolves with the exit status. */
export async function verifyChannel(config: Config, name: string): Promise<number> {
  if (!Object.hasOwn(config.channels, name))
    throw new AppError("not-found", `There is no channel "${name}".`, { hint: '"parlance channels" lists them.' });
  const place = placeOfService(config);
  if (place === undefined) throw new AppError("unreachable", "http.port is 0, so the running service cannot be found.");
  const { default: WebSocket } = await import("ws");
  const url = `${place.url.replace(/^http/, "ws")}/api/channels/${encodeURIComponent(name)}/verify`;
  const socket = new WebSocket(url, { headers: headersOf(place), handshakeTimeout: 5_000 });
  const asker = createAsker();
  try {
    await new Promise<void>((resolve, reject) => {
      socket.on("error", (error) => reject(toAppError(error, name)));
      socket.on("close", () => reject(new AppError("unreachable", "The service hung up.")));
      socket.on("message", (data: Buffer) => {
        const frame = JSON.parse(data.toString()) as DialogueFrame;
        if (frame.type === "tell") printLine(plain(frame.text));
        else if (frame.type === "ask") asker.ask(`${plain(frame.text)} `).then((answer) => socket.send(answer), reject);
        else if ("problem" in frame) reject(new AppError("aborted", frame.problem ?? "It ended by itself."));
        else resolve();
      });
    });
    return 0;
  } finally {
    asker.close();
    socket.removeAllListeners("close");
    socket.close();
  }
}

function toAppError(error: Error, name: string): AppError {
  if (/ 404/.test(error.message))
    return new AppError("unsupported", `The channel "${name}" does not run, or has no device to verify.`);
  if (/ 40[13]/.test(error.message))
    return new AppError("unauthorised", "The service does not let us in.", { hint: "Check http.token." });
  return new AppError("unreachable", "The service is not running.", { hint: 'Start it with "parlance start".' });
}
