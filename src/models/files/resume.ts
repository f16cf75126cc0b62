/** What is on disk of a file that is being fetched. */
export interface PartState {
  readonly bytes: number;
  /** Of the whole file, as the server said. */
  readonly total?: number;
  /** The strong entity tag it was served with; weak ones say nothing about bytes. */
  readonly etag?: string;
}

/** What a server says about the body it is about to send. */
export interface BodyHead {
  readonly status: number;
  readonly etag?: string;
  /** "bytes 5-9/10", "bytes * /10" (416). */
  readonly contentRange?: string;
  readonly contentLength?: number;
}

/** What to do with the body that follows. Offsets in bytes. */
export type BodyPlan =
  /** Throw away the first `skip` bytes of the body, then write at `at`, after cutting the part off there. */
  | { readonly kind: "write"; readonly at: number; readonly skip: number; readonly total: number | undefined }
  /** Everything is here already. */
  | { readonly kind: "complete" }
  /** The part is of no use for what the server has now: ask again for the whole file. */
  | { readonly kind: "restart" }
  /** The server refuses, or says something that makes no sense. */
  | { readonly kind: "failed" };

/** Headers that ask for what is missing, and only if the file is still the one that was begun. */
export function formatRange(part: PartState): Readonly<Record<string, string>> {
  if (part.bytes === 0 || part.etag === undefined) return {};
  return { range: `bytes=${part.bytes}-`, "if-range": part.etag };
}

/** Undefined for a weak tag, which two different files may share. */
export function pickStrongTag(etag: string | undefined): string | undefined {
  return etag !== undefined && /^"[^"]*"$/.test(etag) ? etag : undefined;
}

/**
 * Decides what an answer to `formatRange(part)` means (RFC 9110, 14). A server that ignores Range sends everything
 * with 200: what is on disk is then skipped, when it is certainly of the same file, and otherwise begun anew. Pure.
 */
export function planBody(part: PartState, head: BodyHead): BodyPlan {
  const hasAsked = part.bytes > 0 && part.etag !== undefined;
  const isSame = hasAsked && head.etag === part.etag;
  switch (head.status) {
    case 200: {
      const total = head.contentLength;
      const isOtherSize = total !== undefined && (total < part.bytes || total !== (part.total ?? total));
      if (!isSame || isOtherSize) return { kind: "write", at: 0, skip: 0, total };
      if (total === part.bytes) return { kind: "complete" };
      return { kind: "write", at: part.bytes, skip: part.bytes, total };
    }
    case 206: {
      if (!hasAsked) return { kind: "failed" };
      const range = parseContentRange(head.contentRange);
      const isOther = head.etag !== undefined && !isSame;
      if (isOther || range === undefined || range.start !== part.bytes) return { kind: "restart" };
      if (part.total !== undefined && range.total !== undefined && range.total !== part.total)
        return { kind: "restart" };
      return { kind: "write", at: part.bytes, skip: 0, total: range.total ?? part.total };
    }
    case 416: {
      if (!hasAsked) return { kind: "failed" };
      const total = /^bytes \*\/(\d+)$/.exec(head.contentRange ?? "")?.[1] ?? part.total;
      const isOther = head.etag !== undefined && !isSame;
      return !isOther && Number(total) === part.bytes ? { kind: "complete" } : { kind: "restart" };
    }
    default:
      return { kind: "failed" };
  }
}

function parseContentRange(text = ""): { readonly start: number; readonly total: number | undefined } | undefined {
  const [, start, end, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(text) ?? [];
  if (start === undefined || Number(end) < Number(start)) return undefined;
  return { start: Number(start), total: total === "*" ? undefined : Number(total) };
}
