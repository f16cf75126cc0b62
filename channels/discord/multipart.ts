import type { Readable } from "node:stream";

export interface Upload {
  readonly name: string;
  readonly mimeType: string;
  readonly bytes: number;
  readonly content: Readable;
}

export interface EncodedBody {
  readonly headers: Record<string, string>;
  readonly body?: string | AsyncIterable<Uint8Array>;
}

/** JSON alone, or as `payload_json` with files behind it, streamed: https://docs.discord.com/developers/reference#uploading-files */
export function encodeBody(payload: unknown, files: readonly Upload[] = []): EncodedBody {
  if (payload === undefined) return { headers: { "content-length": "0" } };
  if (files.length === 0) return { headers: { "content-type": "application/json" }, body: JSON.stringify(payload) };
  const boundary = `parlance-${crypto.randomUUID()}`;
  const open = (disposition: string, type: string): Buffer =>
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\nContent-Type: ${type}\r\n\r\n`);
  const head = Buffer.concat([
    open('name="payload_json"', "application/json"),
    Buffer.from(`${JSON.stringify(payload)}\r\n`),
  ]);
  const opened = files.map((file, index) => ({
    head: open(`name="files[${index}]"; filename="${quotable(file.name)}"`, quotable(file.mimeType)),
    file,
  }));
  const end = Buffer.from(`--${boundary}--\r\n`);
  const lineEnd = Buffer.from("\r\n");
  const length = opened.reduce((sum, each) => sum + each.head.length + each.file.bytes + lineEnd.length, head.length);
  return {
    headers: {
      "content-type": `multipart/form-data; boundary=${boundary}`,
      "content-length": String(length + end.length),
    },
    body: joined(),
  };

  async function* joined(): AsyncGenerator<Uint8Array> {
    yield head;
    for (const each of opened) {
      yield each.head;
      yield* each.file.content as AsyncIterable<Uint8Array>;
      yield lineEnd;
    }
    yield end;
  }
}

/** Names come from people: nothing in them may end the header they stand in. */
function quotable(text: string): string {
  return text.replaceAll(/[\r\n"\\]/g, "_");
}
