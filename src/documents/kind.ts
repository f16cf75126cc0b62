/** What a document is made of. "binary": something we do not read. */
export type DocumentKind = "pdf" | "zip" | "html" | "text" | "old-office" | "binary";

/** Decides by the bytes first: what a sender calls a file proves nothing. */
export function pickKind(bytes: Uint8Array, mimeType: string, name: string): DocumentKind {
  const head = Buffer.from(bytes.subarray(0, 1024)).toString("latin1");
  if (head.includes("%PDF-")) return "pdf";
  if (head.startsWith("PK\u0003\u0004")) return "zip";
  if (head.startsWith("\u00d0\u00cf\u0011\u00e0")) return "old-office";
  const isUtf16 = head.startsWith("\u00ff\u00fe") || head.startsWith("\u00fe\u00ff");
  if (!isUtf16 && bytes.subarray(0, 8192).includes(0)) return "binary";
  const isHtml =
    /\b(?:html|xhtml)\b/i.test(mimeType) || /\.x?html?$/i.test(name) || /^\s*(?:<!doctype html|<html)\b/i.test(head);
  return isHtml ? "html" : "text";
}
