import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectImap } from "../../../channels/email/imap.ts";

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

function connect(signal: AbortSignal) {
  const { port } = server.address() as AddressInfo;
  const options = { host: "127.0.0.1", port, secure: false, requireTls: false, user: "ada", password: "pw" };
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

  it("does not begin when it was not wanted from the start", async () => {
    await expect(connect(AbortSignal.abort())).rejects.toMatchObject({ code: "aborted" });
    expect(sockets).toHaveLength(0);
  });
});
