/** A part of a document that people can find again by its label: "Page 3", "Slide 2", "Sheet Costs", "Lines 201-400". */
export interface DocumentPage {
  readonly label: string;
  /** As it stands there, of unknown make: clean it before a model sees it. */
  readonly text: string;
}

export interface DocumentText {
  /** What it calls itself, where it says so. */
  readonly title?: string;
  /** In order; at least one, its text may be empty (a scan has no text). */
  readonly pages: readonly DocumentPage[];
  /** Did it hold more than we read? */
  readonly isCut: boolean;
}

/**
 * Reads the text of a document: PDF, HTML, Word, Excel, PowerPoint, OpenDocument, plain text. `mimeType` may carry a
 * charset; where type and name contradict the bytes, the bytes win. Throws AppError: "unsupported" (a kind that it cannot
 * read, or a damaged file), "too-large", "timeout", "aborted", "package-missing".
 */
export type ReadDocument = (
  bytes: Uint8Array,
  mimeType: string,
  name: string,
  options?: { readonly signal?: AbortSignal },
) => Promise<DocumentText>;
