import type { Readable } from "node:stream";

/** A field with text. */
export interface FormField {
  readonly name: string;
  readonly value: string;
  readonly mimeType?: string;
}

/** A field with a file, which goes out as it is read. */
export interface FormFile {
  readonly field: string;
  readonly name: string;
  readonly mimeType: string;
  readonly bytes: number;
  readonly content: Readable;
}

/**
 * Fields, then files, as multipart/form-data (RFC 7578), streamed and with its length told. Node's own FormData wants
 * each file whole in memory, and tells no length.
 */
export function encodeForm(
  fields: readonly FormField[],
  files: readonly FormFile[],
): { readonly headers: Readonly<Record<string, string>>; readonly body: AsyncIterable<Uint8Array> } {
  const boundary = `parlance-${crypto.randomUUID()}`;
  const open = (disposition: string, mimeType: string | undefined): string => {
    const type = mimeType === undefined ? "" : `Content-Type: ${quotable(mimeType)}\r\n`;
    return `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n${type}\r\n`;
  };
  const head = Buffer.from(
    fields.map(({ name, value, mimeType }) => `${open(`name="${quotable(name)}"`, mimeType)}${value}\r\n`).join(""),
  );
  const opened = files.map((file) => ({
    head: Buffer.from(open(`name="${quotable(file.field)}"; filename="${quotable(file.name)}"`, file.mimeType)),
    file,
  }));
  const lineEnd = Buffer.from("\r\n");
  const end = Buffer.from(`--${boundary}--\r\n`);
  const bytes = opened.reduce((sum, each) => sum + each.head.length + each.file.bytes + lineEnd.length, head.length);

  async function* stream(): AsyncGenerator<Uint8Array> {
    yield head;
    for (const each of opened) {
      yield each.head;
      yield* each.file.content as AsyncIterable<Uint8Array>;
      yield lineEnd;
    }
    yield end;
  }

  return {
    headers: {
      "content-type": `multipart/form-data; boundary=${boundary}`,
      "content-length": String(bytes + end.length),
    },
    body: stream(),
  };
}

/** Names come from people: nothing in them may end the header they stand in. */
function quotable(text: string): string {
  return text.replaceAll(/[\r\n"\\]/g, "_");
}
