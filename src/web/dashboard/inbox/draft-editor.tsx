import { useLayoutEffect, useRef } from "preact/hooks";
import { DiffView } from "./diff-view.tsx";

export interface DraftEditorProps {
  readonly proposal: string;
  readonly text: string;
  readonly isBusy: boolean;
  readonly onChange: (text: string) => void;
  readonly onSend: () => void;
  /** What was written is kept. */
  readonly onBack: () => void;
}

/** The reader's own words instead of the proposed ones. */
export function DraftEditor({ proposal, text, isBusy, onChange, onSend, onBack }: DraftEditorProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => field.current?.focus(), []);
  const canSend = !isBusy && text.trim() !== "";

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (canSend) onSend();
    } else if (event.key === "Escape" && !event.isComposing) {
      event.preventDefault();
      onBack();
    }
  }

  return (
    <div class="draft-editor">
      <label>
        <span class="draft-label">Your words</span>
        <textarea
          ref={field}
          rows={Math.min(12, Math.max(3, text.split("\n").length + 1))}
          maxLength={20_000}
          value={text}
          onInput={(event) => onChange(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
      </label>
      <DiffView before={proposal} after={text} />
      <div class="draft-actions">
        <button
          type="button"
          class="button primary"
          disabled={!canSend}
          onClick={onSend}
          aria-keyshortcuts="Control+Enter"
        >
          {isBusy ? "Sending…" : "Send my words"}
        </button>
        <button type="button" class="button" disabled={isBusy} onClick={onBack}>
          Back
        </button>
        {text !== proposal && (
          <button type="button" class="button quiet" disabled={isBusy} onClick={() => onChange(proposal)}>
            Start over
          </button>
        )}
        <span class="hint key-hint">
          <kbd>Ctrl</kbd>+<kbd>Enter</kbd> sends, <kbd>Esc</kbd> goes back
        </span>
      </div>
    </div>
  );
}
