import type { Readable } from "node:stream";

const maxWaitingBytes = 1024 * 1024;

/**
 * The bytes of a body, in pieces as large as they had time to grow. Listens from now on, and hands over all that came
 * before the connection broke; reading a stream directly would throw what is buffered away with it. Throws the
 * stream's error at the end.
 */
export function listenTo(body: Readable): AsyncIterable<Buffer> {
  let waiting: Buffer[] = [];
  let bytes = 0;
  let end: { readonly error?: unknown } | undefined;
  let wake = (): void => undefined;

  const finish = (how: { readonly error?: unknown }): void => {
    end ??= how;
    wake();
  };
  body.on("error", (error) => finish({ error }));
  body.on("end", () => finish({}));
  body.on("close", () => finish({ error: new Error("The connection closed.") }));
  body.on("data", (chunk: Buffer) => {
    waiting.push(chunk);
    bytes += chunk.length;
    if (bytes >= maxWaitingBytes) body.pause();
    wake();
  });
  if (body.destroyed) finish({ error: new Error("The connection closed.") });

  async function* read(): AsyncGenerator<Buffer> {
    for (;;) {
      if (waiting.length > 0) {
        const piece = Buffer.concat(waiting, bytes);
        waiting = [];
        bytes = 0;
        body.resume();
        yield piece;
      } else if (end !== undefined) {
        if ("error" in end) throw end.error;
        return;
      } else await new Promise<void>((resolve) => (wake = resolve));
    }
  }
  return read();
}
