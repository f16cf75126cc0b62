import { createHmac } from "node:crypto";

export const secret = "0123456789abcdef0123456789abcdef";

/** Signed by hand, as a caller in any language would: not with the code under test. */
export function signedCall(
  body: unknown,
  options: {
    readonly at?: number;
    readonly headers?: Record<string, string>;
    readonly key?: string;
    readonly signal?: AbortSignal;
  } = {},
): Request {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const timestamp = String(Math.floor((options.at ?? Date.now()) / 1000));
  const signature = createHmac("sha256", options.key ?? secret)
    .update(`${timestamp}.${text}`)
    .digest("hex");
  return new Request("http://127.0.0.1/hooks/hook", {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-parlance-timestamp": timestamp,
      "x-parlance-signature": `v1=${signature}`,
      ...options.headers,
    },
    body: text,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}
