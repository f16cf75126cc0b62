import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { DownIcon } from "../icons.tsx";
import type { ChatClient } from "./chat-client.ts";
import type { ChatState } from "./chat-state.ts";
import { EntryView } from "./entry-view.tsx";
import { MarkdownView } from "./markdown-view.tsx";
import { PendingView } from "./pending-view.tsx";
import { layOutRows } from "./rows.ts";
import { formatDay } from "./time.ts";
import { useScroll } from "./use-scroll.ts";

export interface MessageListProps {
  readonly channel: string;
  readonly state: ChatState;
  readonly client: ChatClient;
  readonly notice: ComponentChildren;
}

export function MessageList({ channel, state, client, notice }: MessageListProps) {
  const { entries, preview, isWorking } = state;
  const rows = useMemo(() => layOutRows(entries), [entries]);
  const pending = state.pending.filter(({ chat }) => chat === state.chat);
  const scroll = useScroll(entries, `${pending.length} ${preview?.text.length ?? 0} ${isWorking}`);
  const now = Date.now();

  return (
    <div class="messages-frame">
      <div
        class="messages"
        ref={scroll.ref}
        onScroll={scroll.onScroll}
        onClick={(event) => void copyCode(event)}
        tabindex={0}
        role="log"
        aria-live="off"
        aria-label="Messages"
      >
        <div class="messages-body">
          {notice}
          {state.hasEarlier && (
            <button type="button" class="button quiet earlier" onClick={() => client.loadEarlier()}>
              Show earlier messages
            </button>
          )}
          {rows.map((row) => (
            <div key={row.entry.id} class="row">
              {row.startsDay && (
                <p class="day">
                  <span>{formatDay(row.entry.at, now)}</span>
                </p>
              )}
              <EntryView channel={channel} row={row} onChoose={(command) => client.sendMessage(command, [])} />
            </div>
          ))}
          {pending.map((message) => (
            <PendingView
              key={message.id}
              message={message}
              isOnline={state.connection === "open"}
              onRetry={() => client.retry(message.id)}
              onDiscard={() => client.discard(message.id)}
            />
          ))}
          {preview !== undefined && (
            <article
              class={isWorking ? "message out writing" : "message out"}
              aria-label="Answer being written"
              aria-busy="true"
            >
              {entries.at(-1)?.direction !== "out" && (
                <header class="message-head">
                  <span class="sender">Parlance</span>
                </header>
              )}
              <MarkdownView text={preview.text} isFinal={false} />
            </article>
          )}
          {isWorking && preview === undefined && (
            <p class="working" role="status">
              <span class="dots" aria-hidden="true">
                <span />
                <span />
                <span />
              </span>
              <span class="visually-hidden">Parlance is working on an answer.</span>
            </p>
          )}
        </div>
      </div>
      {scroll.hasNew && (
        <button type="button" class="button pill" onClick={scroll.toBottom}>
          <DownIcon />
          New messages
        </button>
      )}
    </div>
  );
}

/** One listener for the copy buttons of all code blocks. */
async function copyCode(event: MouseEvent): Promise<void> {
  const button = event.target instanceof Element ? event.target.closest<HTMLButtonElement>("button.copy") : null;
  if (button === null) return;
  const code = button.closest(".code")?.querySelector("code");
  if (code === null || code === undefined) return;
  button.textContent = (await copyText(code)) ? "Copied" : "Not copied";
  setTimeout(() => (button.textContent = "Copy"), 1500);
}

async function copyText(code: Element): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(code.textContent);
    return true;
  } catch {
    // The clipboard is closed to pages that came over plain HTTP from another machine; the old way is not.
    getSelection()?.selectAllChildren(code);
    // oxlint-disable-next-line typescript/no-deprecated -- there is no other way there
    const isCopied = document.execCommand("copy");
    getSelection()?.removeAllRanges();
    return isCopied;
  }
}
