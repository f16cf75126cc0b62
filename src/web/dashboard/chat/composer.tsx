import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { maxTextChars } from "../../../../channels/webchat/protocol.ts";
import { ClipIcon, SendIcon, StopIcon } from "../icons.tsx";
import type { ChatClient } from "./chat-client.ts";
import type { ChatState } from "./chat-state.ts";
import { DraftFileView } from "./draft-file-view.tsx";
import type { Files } from "./use-files.ts";

export interface ComposerProps {
  readonly channel: string;
  readonly state: ChatState;
  readonly client: ChatClient;
  readonly files: Files;
  readonly drafts: Map<string, string>;
}

export function Composer({ channel, state, client, files, drafts }: ComposerProps) {
  const chat = state.chat ?? "";
  const [text, setText] = useState(drafts.get(chat) ?? "");
  const field = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const attachments = files.list.flatMap(({ attachment }) => (attachment === undefined ? [] : [attachment]));
  const isUploading = files.list.some(({ attachment, problem }) => attachment === undefined && problem === undefined);
  const isTooLong = text.length > maxTextChars;
  const canSend = !isUploading && !isTooLong && (text.trim() !== "" || attachments.length > 0);

  // Grows with its text, up to what the style sheet allows.
  useLayoutEffect(() => {
    const element = field.current;
    if (element === null) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight}px`;
  }, [text]);

  function write(words: string): void {
    setText(words);
    drafts.set(chat, words);
  }

  function send(): void {
    if (!canSend) return;
    client.sendMessage(text, attachments);
    write("");
    files.clear();
    field.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent): void {
    // Enter that confirms a word of an input method is not meant for us.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  }

  function onPaste(event: ClipboardEvent): void {
    const pasted = event.clipboardData?.files;
    if (pasted === undefined || pasted.length === 0) return;
    event.preventDefault();
    files.add(pasted);
  }

  return (
    <form
      class="composer"
      aria-label="Write a message"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div class="composer-card">
        {files.list.length > 0 && (
          <ul class="draft-files" aria-label="Files to send">
            {files.list.map((file) => (
              <DraftFileView key={file.key} channel={channel} file={file} onRemove={() => files.remove(file.key)} />
            ))}
          </ul>
        )}
        <label class="visually-hidden" for="message">
          Message
        </label>
        <textarea
          id="message"
          ref={field}
          rows={1}
          value={text}
          placeholder="Write a message"
          enterkeyhint="send"
          autocomplete="off"
          autofocus={matchMedia("(hover: hover)").matches}
          aria-describedby={isTooLong ? "composer-problem" : "composer-hint"}
          aria-invalid={isTooLong}
          onInput={(event) => write(event.currentTarget.value)}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
        />
        <div class="composer-tools">
          <input
            ref={picker}
            type="file"
            multiple
            hidden
            onChange={(event) => {
              files.add(event.currentTarget.files ?? []);
              event.currentTarget.value = "";
            }}
          />
          <button
            type="button"
            class="icon-button"
            aria-label="Add files"
            title="Add files"
            onClick={() => picker.current?.click()}
          >
            <ClipIcon />
          </button>
          {isTooLong ? (
            <p id="composer-problem" class="composer-hint problem" role="alert">
              Too long by {(text.length - maxTextChars).toLocaleString()} characters. A file has room for it.
            </p>
          ) : (
            <p id="composer-hint" class="composer-hint">
              {state.isWorking ? "Esc stops the answer" : "Enter sends, Shift + Enter starts a new line"}
            </p>
          )}
          {state.isWorking && (
            <button
              type="button"
              class="icon-button stop-button"
              aria-label="Stop the answer"
              title="Stop (Esc)"
              onClick={() => client.stop()}
            >
              <StopIcon />
            </button>
          )}
          <button
            type="submit"
            class="icon-button send-button"
            aria-label="Send"
            title={isUploading ? "Files are still on their way" : "Send"}
            disabled={!canSend}
          >
            <SendIcon />
          </button>
        </div>
      </div>
    </form>
  );
}
