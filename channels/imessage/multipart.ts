import type { Readable } from "node:stream";

export interface Upload {
  readonly fields: Readonly<Record<string, string>>;
  readonly field: string;
  readonly name: string;
  readonly mimeType: string;
  readonly bytes: number;
  readonly content: Readable;
}

/** One file with its fields as multipart/form-data, streamed. */
export function encodeUpload(upload: Upload): {
  readonly headers: Record<string, string>;
  readonly body: AsyncIterable<Uint8Array>;
} {
  const boundary = `parlance-${crypto.randomUUID()}`;
  const part = (disposition: string, rest: string): string =>
    `--${boundary}\r\nContent-Disposition: form-data; ${disposition}${rest}`;
  const fields = Object.entries(upload.fields).map(([name, value]) => part(`name="${name}"`, `\r\n\r\n${value}\r\n`));
  const file = part(
    `name="${upload.field}"; filename="${quotable(upload.name)}"`,
    `\r\nContent-Type: ${quotable(upload.mimeType)}\r\n\r\n`,
  );
  const head = Buffer.from(fields.join("") + file);
  const end = Buffer.from(`\r\n--${boundary}--\r\n`);
  return {
    headers: {
      "content-type": `multipart/form-data; boundary=${boundary}`,
      "content-length": String(head.length + upload.bytes + end.length),
    },
    body: joined(),
  };

  async function* joined(): AsyncGenerator<Uint8Array> {
    yield head;
    yield* upload.content as AsyncIterable<Uint8Array>;
    yield end;
  }
}

/** Names come from people: nothing in them may end the header they stand in. */
function quotable(text: string): string {
  return text.replaceAll(/[\r\n"\\]/g, "_");
}
