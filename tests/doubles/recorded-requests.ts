import type { Server } from "node:http";

export interface RecordedRequest {
  /** Such as "POST /api/chat.postMessage?token=1". */
  readonly line: string;
  readonly authorization: string | undefined;
}

/** Every request that comes to a server, read at the server itself: whatever its rules make of it, it is in here. */
export function recordRequests(server: Server): readonly RecordedRequest[] {
  const requests: RecordedRequest[] = [];
  server.on("request", ({ method, url, headers: { authorization } }) => {
    requests.push({ line: `${method} ${url}`, authorization });
  });
  return requests;
}

/** The lines that match none of the patterns. */
export function listOthers(lines: readonly string[], known: readonly RegExp[]): readonly string[] {
  return lines.filter((line) => !known.some((pattern) => pattern.test(line)));
}
