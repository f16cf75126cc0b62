/**
 * The words in an NSAttributedString as Messages archives it ("typedstream"): since macOS 13 a message's text is often
 * nowhere else. The archive begins with the attributed string's class, then its string's class ("NSString" or
 * "NSMutableString"), then the text as counted bytes of type "+". Undefined for what does not look like that.
 */
export function readTypedStream(archive: Uint8Array): string | undefined {
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength);
  if (bytes.indexOf("streamtyped", 0, "latin1") < 0) return undefined;
  const name = bytes.indexOf("String\u0001", bytes.indexOf("NSObject", 0, "latin1"), "latin1");
  if (name < 0) return undefined;
  // A type of one letter, "+", stands close behind the class.
  const type = bytes.indexOf("\u0001+", name + "String\u0001".length - 1, "latin1");
  if (type < 0 || type > name + 32) return undefined;
  return readCounted(bytes, type + 2);
}

/** A length of one byte, or 0x81 and two, or 0x82 and four bytes; then as many bytes of UTF-8. */
function readCounted(bytes: Buffer, at: number): string | undefined {
  const first = bytes[at];
  if (first === undefined) return undefined;
  const size = first === 0x81 ? 2 : first === 0x82 ? 4 : 0;
  if (size === 0 && first > 0x7f) return undefined;
  if (at + 1 + size > bytes.length) return undefined;
  const length = size === 0 ? first : bytes.readUIntLE(at + 1, size);
  const start = at + 1 + size;
  if (start + length > bytes.length) return undefined;
  return bytes.toString("utf8", start, start + length);
}
