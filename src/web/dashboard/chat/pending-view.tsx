import type { PendingMessage } from "./chat-state.ts";

export interface PendingViewProps {
  readonly message: PendingMessage;
  readonly isOnline: boolean;
  readonly onRetry: () => void;
  readonly onDiscard: () => void;
}

/** A message that the server does not have yet. */
export function PendingView({ message, isOnline, onRetry, onDiscard }: PendingViewProps) {
  const { text, attachments, problem } = message;
  return (
    <article class="message in pending" aria-label="You, not sent yet">
      {text !== "" && (
        <div class="bubble">
          <p class="own-text">{text}</p>
        </div>
      )}
      {attachments.length > 0 && <p class="pending-files">{attachments.map(({ name }) => name).join(", ")}</p>}
      <div class="message-foot" role="status">
        {problem === undefined ? (
          isOnline ? (
            "Sending…"
          ) : (
            "Waiting for the connection. It will be sent."
          )
        ) : (
          <>
            <span class="problem">{problem}</span>
            <button type="button" class="link-button" onClick={onRetry}>
              Try again
            </button>
            <button type="button" class="link-button" onClick={onDiscard}>
              Discard
            </button>
          </>
        )}
      </div>
    </article>
  );
}
