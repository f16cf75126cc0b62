/** Bytes as text, by a byte order mark, the type's charset, a page's own word, or UTF-8. Never throws. */
export function decodeText(bytes: Uint8Array, mimeType: string): string {
  const head = Buffer.from(bytes.subarray(0, 1024)).toString("latin1");
  const charset =
    markedCharset(head) ??
    (/charset\s*=\s*["']?([\w-]+)/i.exec(mimeType) ?? /<meta[^>]+charset\s*=\s*["']?([\w-]+)/i.exec(head))?.[1];
  try {
    return new TextDecoder(charset ?? "utf-8").decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes); // a charset nobody knows
  }
}

function markedCharset(head: string): string | undefined {
  if (head.startsWith("\u00ff\u00fe")) return "utf-16le";
  return head.startsWith("\u00fe\u00ff") ? "utf-16be" : undefined;
}
