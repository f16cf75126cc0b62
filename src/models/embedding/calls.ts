/**
 * A token of today's tokenizers has at least one byte, and mostly three or four: 16,000 bytes stay below the 8,192 tokens
 * that hosted models read of a text, and 250,000 below the 300,000 that OpenAI takes in a call.
 */
const mostTextBytes = 16_000;
const mostCallBytes = 250_000;

/** Texts in their order, each with its prefix and cut to what models read, as many to a call as the provider takes. */
export function planCalls(texts: readonly string[], mostPerCall: number, prefix: string): readonly string[][] {
  const calls: string[][] = [];
  let call: string[] = [];
  let bytes = 0;
  for (const text of texts) {
    // Providers refuse an empty text; a space means as little.
    const value = cutBytes(prefix + text, mostTextBytes) || " ";
    const size = Buffer.byteLength(value);
    if (call.length > 0 && (call.length >= mostPerCall || bytes + size > mostCallBytes)) {
      calls.push(call);
      call = [];
      bytes = 0;
    }
    call.push(value);
    bytes += size;
  }
  return call.length === 0 ? calls : [...calls, call];
}

function cutBytes(text: string, most: number): string {
  if (text.length * 3 <= most) return text;
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(most));
  return text.slice(0, read);
}
