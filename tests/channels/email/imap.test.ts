import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { EmailOptions } from "../../../channels/email/config.ts";
import { connectImap, translateFailure } from "../../../channels/email/imap.ts";
import { failure } from "../../contracts/channel-harness.ts";

let server: Server;
const sockets: Socket[] = [];

/** A server that takes connections and never says a word. */
beforeEach(async () => {
  server = createServer((socket) => void sockets.push(socket.on("error", () => undefined)));
  await once(server.listen(0, "127.0.0.1"), "listening");
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server.close();
});

function connect(signal?: AbortSignal, secure: EmailOptions["imap"]["secure"] = "none") {
  const { port } = server.address() as AddressInfo;
  const options = { host: "127.0.0.1", port, secure, user: "ada", password: "pw" };
  return connectImap(options, {}, signal);
}

describe("connecting to an IMAP server", () => {
  it("ends at once when it is not wanted any more", async () => {
    const stop = new AbortController();
    const connecting = connect(stop.signal);
    const [socket] = (await once(server, "connection")) as [Socket];
    const hungUp = once(socket.resume(), "close");
    stop.abort();
    await expect(connecting).rejects.toMatchObject({ code: "aborted" });
    await hungUp;
  });

  it("says that the server offers no TLS where the login needs it", async () => {
    server.on("connection", (socket: Socket) => {
      socket.write("* OK ready\r\n");
      createInterface({ input: socket }).on("line", (line) => {
        const [tag = ""] = line.split(" ");
        socket.write(`* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n${tag} OK done\r\n`);
      });
    });
    const error = await failure(connect(undefined, "starttls"));
    expect(error).toMatchObject({ code: "unreachable", retryAfterMs: 60_000 });
    expect(error.message).toMatch(/no TLS/);
    expect(error.message).not.toContain("Error");
  });

  it("says in plain words that the server hung up", async () => {
    server.on("connection", (socket: Socket) => socket.end());
    const error = await failure(connect());
    expect(error).toMatchObject({ code: "unreachable", retryAfterMs: expect.any(Number) as number });
    expect(error.message).toBe("The IMAP server cannot be reached (it hung up before a word was said).");
    // With TLS, too: its certificate is not to blame.
    expect(translateFailure({ code: "ClosedAfterConnectTLS" })).toMatchObject({ message: error.message });
  });

  it("asks for no STARTTLS where none is wanted, and logs in", async () => {
    const commands: string[] = [];
    server.on("connection", (socket: Socket) => {
      socket.write("* OK ready\r\n");
      createInterface({ input: socket }).on("line", (line) => {
        const [tag = "", command = ""] = line.split(" ");
        commands.push(command.toUpperCase());
        socket.write(`* CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN SASL-IR\r\n${tag} OK done\r\n`);
      });
    });
    (await connect()).close();
    expect(commands).toContain("AUTHENTICATE");
    expect(commands).not.toContain("STARTTLS");
  });

  it("does not begin when it was not wanted from the start", async () => {
    await expect(connect(AbortSignal.abort())).rejects.toMatchObject({ code: "aborted" });
    expect(sockets).toHaveLength(0);
  });
});
