import { once } from "node:events";
import net from "node:net";
import readline from "node:readline";

/** A person with telnet: writes lines, reads lines, answers PING. */
export interface RawClient {
  readonly lines: readonly string[];
  write(line: string): void;
  writeBytes(bytes: Buffer): void;
  /** Resolves with the first line, old or new, that matches; rejects after the timeout with all lines seen. */
  waitFor(pattern: RegExp, timeoutMs?: number): Promise<string>;
  close(): void;
}

export async function connectRawClient(port: number, nick: string): Promise<RawClient> {
  const socket = net.connect(port, "127.0.0.1");
  await once(socket, "connect");
  const lines: string[] = [];
  const watchers = new Set<() => void>();
  readline.createInterface({ input: socket, crlfDelay: Infinity }).on("line", (line) => {
    if (line.startsWith("PING")) socket.write(`PONG${line.slice(4)}\r\n`);
    lines.push(line);
    for (const watch of watchers) watch();
  });
  socket.on("error", () => undefined);
  const client: RawClient = {
    lines,
    write: (line) => void socket.write(`${line}\r\n`),
    writeBytes: (bytes) => void socket.write(bytes),
    waitFor: (pattern, timeoutMs = 10_000) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = lines.find((line) => pattern.test(line));
          if (found === undefined) return;
          watchers.delete(look);
          clearTimeout(timer);
          resolve(found);
        };
        const timer = setTimeout(() => {
          watchers.delete(look);
          reject(new Error(`no line matches ${pattern}:\n${lines.join("\n")}`));
        }, timeoutMs);
        watchers.add(look);
        look();
      }),
    close: () => void socket.destroy(),
  };
  client.write(`NICK ${nick}`);
  client.write(`USER ${nick} 0 * :${nick}`);
  await client.waitFor(/^:\S+ 001 /);
  return client;
}
