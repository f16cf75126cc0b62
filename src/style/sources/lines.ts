/** A line without its end, and its number from 1. */
export interface Line {
  readonly text: string;
  readonly number: number;
  /** Something behind it was left out, because the line was too long. */
  readonly isCut: boolean;
}

/** UTF-8, with a mark at the start left out and broken bytes replaced. */
export async function* decodeText(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const chunk of chunks) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

/** Each byte as one character, so that nothing is lost before the encoding is known. */
export async function* decodeBytes(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  for await (const chunk of chunks) yield Buffer.from(chunk).toString("latin1");
}

/** The lines of a text that comes in pieces. Of a long line no more than `maxChars` are kept. */
export async function* listLines(texts: AsyncIterable<string>, maxChars: number): AsyncGenerator<Line> {
  let kept = "";
  let isCut = false;
  let number = 1;
  const add = (text: string): void => {
    if (kept.length + text.length > maxChars) isCut = true;
    kept += text.slice(0, Math.max(0, maxChars - kept.length));
  };
  for await (const text of texts) {
    let start = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
      add(text.slice(start, end));
      yield { text: kept.endsWith("\r") ? kept.slice(0, -1) : kept, number, isCut };
      kept = "";
      isCut = false;
      number += 1;
      start = end + 1;
    }
    add(text.slice(start));
  }
  if (kept !== "") yield { text: kept, number, isCut };
}
