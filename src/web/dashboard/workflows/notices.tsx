import type { Live } from "./live-value.ts";

/** What stands in the way of seeing a page as it is now. */
export function Notices({ live }: { readonly live: Live<unknown> }) {
  if (live.isLost) return <p class="notice">The server is not heard. What you see may be old; I keep trying.</p>;
  if (live.problem !== undefined && live.value === undefined) return <h2>{live.problem}</h2>;
  if (live.value === undefined) return <h2 aria-busy="true">Looking…</h2>;
  return null;
}
