/** One HTTP request to the world outside. */
export interface EgressRequest {
  /** GET when absent. */
  readonly method?: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Of the body, before and after decompression; 2 MiB when absent. */
  readonly maxBytes?: number;
  /** For everything together: resolving, all redirects, reading; 20 s when absent. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** False: a redirect is the answer, for callers that follow it by a request of their own. True when absent. */
  readonly followRedirects?: boolean;
  /** True: whoever knows the address is let in, so the ledger has its host only. */
  readonly isAddressSecret?: boolean;
  /** Asked for the host of each hop, redirects included, without brackets and final dot; false refuses it. Absent: any. */
  readonly isHostAllowed?: (host: string) => boolean;
  /** Whose doing it is, for the ledger. */
  readonly turnId: string;
}

export interface EgressResponse {
  readonly status: number;
  /** Names in lower case; repeated headers joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  /** Decompressed. */
  readonly body: Uint8Array;
  /** Where the last redirect led. */
  readonly url: string;
}

/**
 * The one way out. Any status is an answer, not an error. Throws AppError: "egress-refused" (the address is not
 * public, or the URL is not of a kind we open), "bad-input" (not a URL, a header that is ours to set), "too-large",
 * "timeout", "aborted", "unsupported" (an encoding we did not ask for), "unreachable", or "send-uncertain" when
 * anything but a GET or HEAD was cut off in flight.
 */
export type EgressFetch = (url: string, request: EgressRequest) => Promise<EgressResponse>;
