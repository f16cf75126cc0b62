import { formatRoute } from "../route.ts";
import { formatTitle } from "./chat-title.ts";
import { isUnread, type ChatState } from "./chat-state.ts";
import { formatPlain } from "./markdown.ts";
import { formatShort } from "./time.ts";

export function ChatList({ state, current }: { readonly state: ChatState; readonly current: string | undefined }) {
  if (state.chats === undefined) return null;
  if (state.chats.length === 0) return <p class="hint">Your chats will be listed here.</p>;
  const now = Date.now();
  return (
    <ul class="chat-list">
      {state.chats.map((item) => (
        <li key={item.chat}>
          <a
            class={isUnread(state, item) ? "chat-link unread" : "chat-link"}
            href={formatRoute({ page: "chat", chat: item.chat })}
            aria-current={item.chat === current ? "page" : undefined}
          >
            <span class="chat-title">
              {item.chat === state.chat ? formatTitle(state) : formatPlain(item.title, 80) || "Untitled chat"}
            </span>
            {isUnread(state, item) && <span class="visually-hidden">, new messages</span>}
            <time class="chat-time" dateTime={new Date(item.updatedAt).toISOString()}>
              {formatShort(item.updatedAt, now)}
            </time>
          </a>
        </li>
      ))}
    </ul>
  );
}
