import type { Tone } from "./run-words.ts";

/** How something is doing, in a word with a colour. */
export function ToneBadge({ tone, text }: { readonly tone: Tone; readonly text: string }) {
  return <span class={`tone ${tone}`}>{text}</span>;
}
