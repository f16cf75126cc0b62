import type { WireChoice } from "../../../../channels/webchat/protocol.ts";
import { AttachmentView } from "./attachment-view.tsx";
import { MarkdownView } from "./markdown-view.tsx";
import type { Row } from "./rows.ts";
import { formatTime } from "./time.ts";

export interface EntryViewProps {
  readonly channel: string;
  readonly row: Row;
  readonly onChoose: (command: string) => void;
}

export function EntryView({ channel, row, onChoose }: EntryViewProps) {
  const { entry, isContinued, pressedLabel, chosen } = row;
  const isOwn = entry.direction === "in";
  const name = isOwn ? "You" : entry.senderName || "Parlance";
  if (isOwn && entry.text === "/stop") return <p class="event">You stopped the answer.</p>;
  const time = (
    <time dateTime={new Date(entry.at).toISOString()} title={new Date(entry.at).toLocaleString()}>
      {formatTime(entry.at)}
    </time>
  );

  return (
    <article
      class={`message ${entry.direction}${isContinued ? " continued" : ""}`}
      aria-label={`${name}, ${formatTime(entry.at)}`}
    >
      {!isOwn && !isContinued && (
        <header class="message-head">
          <span class="sender">{name}</span>
          {time}
        </header>
      )}
      {entry.text !== "" && (
        <div class="bubble">
          {isOwn ? (
            <p class={entry.text.startsWith("/") && pressedLabel === undefined ? "own-text command" : "own-text"}>
              {pressedLabel ?? entry.text}
            </p>
          ) : (
            <MarkdownView text={entry.text} isFinal />
          )}
        </div>
      )}
      {entry.attachments.length > 0 && (
        <div class="files">
          {entry.attachments.map((attachment) => (
            <AttachmentView key={attachment.id} channel={channel} attachment={attachment} />
          ))}
        </div>
      )}
      {entry.choices !== undefined && <ChoicesView choices={entry.choices} chosen={chosen} onChoose={onChoose} />}
      {isOwn && <footer class="message-foot">{time}</footer>}
    </article>
  );
}

interface ChoicesViewProps {
  readonly choices: readonly WireChoice[];
  readonly chosen: string | undefined;
  readonly onChoose: (command: string) => void;
}

/** Buttons until one of them was pressed. Then they stay, so that the focus is not lost, and do nothing. */
function ChoicesView({ choices, chosen, onChoose }: ChoicesViewProps) {
  const isDone = chosen !== undefined;
  return (
    <div class="choices" role="group" aria-label="Choices">
      {choices.map(({ label, command, style }) => (
        <button
          key={command}
          type="button"
          class={`button ${style ?? ""}${command === chosen ? " chosen" : ""}`}
          aria-disabled={isDone || undefined}
          aria-pressed={isDone ? command === chosen : undefined}
          onClick={() => isDone || onChoose(command)}
        >
          {label}
        </button>
      ))}
    </div>
  );
}
