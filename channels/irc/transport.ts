import { EventEmitter } from "node:events";
import net from "node:net";
import tls from "node:tls";

/** Longest line taken from a server: IRCv3 allows 8191 bytes of tags and 512 of message. */
const maxLineBytes = 64 * 1024;

interface TransportOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** PEM. */
  readonly ca?: string | undefined;
  /** Closes the socket at once. */
  readonly destroySignal: AbortSignal;
  /** Told when a line made irc-framework throw. */
  readonly onBadLine: (error: unknown) => void;
}

/**
 * The socket under irc-framework, in the shape that its `transport` option asks for. Its own one knows no `ca`, takes
 * lines of any length, and lets a malformed line end the process.
 */
export class IrcTransport extends EventEmitter {
  readonly #options: TransportOptions;
  #socket: net.Socket | undefined;
  #isOpen = false;
  #buffer: Buffer = Buffer.alloc(0);

  constructor(options: TransportOptions) {
    super();
    this.#options = options;
  }

  connect(): void {
    const { host, port, ca } = this.#options;
    const socket = this.#options.tls
      ? tls.connect({
          host,
          port,
          ...(net.isIP(host) === 0 ? { servername: host } : {}),
          ...(ca === undefined ? {} : { ca }),
        })
      : net.connect({ host, port });
    this.#socket = socket;
    let failure: Error | undefined;
    this.#options.destroySignal.addEventListener("abort", () => socket.destroy(), { once: true });
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 60_000);
    socket.on(this.#options.tls ? "secureConnect" : "connect", () => {
      this.#isOpen = true;
      this.emit("open");
    });
    socket.on("data", (data: Buffer) => this.#take(data));
    socket.on("error", (error: Error) => {
      failure = error;
    });
    socket.on("close", () => {
      this.#isOpen = false;
      this.emit("close", failure ?? false);
    });
  }

  isConnected(): boolean {
    return this.#isOpen;
  }

  /** The last place before the wire: whatever a caller let through, one call is one line. */
  writeLine(line: string, done?: () => void): void {
    if (this.#isOpen) this.#socket?.write(`${line.replaceAll(/[\r\n\0]+/g, " ")}\r\n`, () => done?.());
    else if (done !== undefined) process.nextTick(done);
  }

  close(isForced: boolean): void {
    if (isForced || !this.#isOpen) this.#socket?.destroy();
    else this.#socket?.end();
  }

  disposeSocket(): void {
    this.#socket?.destroy();
  }

  /** Lines are UTF-8; see `decodeLine`. */
  setEncoding(): boolean {
    return true;
  }

  #take(data: Buffer): void {
    this.#buffer = this.#buffer.length === 0 ? data : Buffer.concat([this.#buffer, data]);
    let start = 0;
    for (let end = this.#buffer.indexOf(10); end >= 0; end = this.#buffer.indexOf(10, start)) {
      const line = decodeLine(this.#buffer.subarray(start, end));
      start = end + 1;
      try {
        this.emit("line", line);
      } catch (error) {
        this.#options.onBadLine(error);
      }
    }
    this.#buffer = this.#buffer.subarray(start);
    if (this.#buffer.length > maxLineBytes) this.#socket?.destroy(new Error("The server sent a line without an end."));
  }
}

/** IRC names no encoding: UTF-8 where it is valid, else Windows-1252, which old clients write. NUL may not occur. */
export function decodeLine(bytes: Uint8Array): string {
  return decode(bytes).replaceAll("\0", "");
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}
