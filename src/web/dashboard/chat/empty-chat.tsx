import { Logo } from "../icons.tsx";
import { OfflineHelp } from "./offline-notice.tsx";

export interface EmptyChatProps {
  readonly isOffline: boolean;
  readonly onPick: (text: string) => void;
}

export function EmptyChat({ isOffline, onPick }: EmptyChatProps) {
  return (
    <div class="empty-chat">
      <div class="empty-body">
        <Logo />
        <h2>What can I do for you?</h2>
        <p>Write below, in your own words. You can drop files here, too.</p>
        {isOffline && (
          <div class="notice" role="note">
            <p>
              <strong>No language model is set up yet.</strong> Until then I run commands and search what was said here,
              but cannot answer in my own words. To change that:
            </p>
            <OfflineHelp />
          </div>
        )}
        <div class="suggestions">
          <Suggestion command="/help" text="See what I can do" onPick={onPick} />
          <Suggestion command="/status" text="See how things are" onPick={onPick} />
        </div>
      </div>
    </div>
  );
}

function Suggestion({
  command,
  text,
  onPick,
}: {
  readonly command: string;
  readonly text: string;
  readonly onPick: (text: string) => void;
}) {
  return (
    <button type="button" class="suggestion" onClick={() => onPick(command)}>
      <span>{text}</span>
      <code>{command}</code>
    </button>
  );
}
