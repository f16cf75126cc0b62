import { useMemo } from "preact/hooks";
import { diffWords } from "./word-diff.ts";

/** What an edit changes, word by word. */
export function DiffView({ before, after }: { readonly before: string; readonly after: string }) {
  const parts = useMemo(() => diffWords(before, after), [before, after]);
  if (parts.every(({ kind }) => kind === "same")) return <p class="hint">Nothing is changed yet.</p>;
  return (
    <div class="diff" role="group" aria-label="What you change">
      {parts.map(({ kind, text }, index) =>
        kind === "gone" ? (
          <del key={index}>{text}</del>
        ) : kind === "new" ? (
          <ins key={index}>{text}</ins>
        ) : (
          <span key={index}>{text}</span>
        ),
      )}
    </div>
  );
}
