import { useEffect, useRef, useState } from "preact/hooks";
import type { Route } from "../route.ts";
import type { Session } from "../session/session.ts";
import { openRoute } from "../use-route.ts";
import type { ChatState } from "./chat-state.ts";
import { Composer } from "./composer.tsx";
import { EmptyChat } from "./empty-chat.tsx";
import { formatPlain } from "./markdown.ts";
import { MessageList } from "./message-list.tsx";
import { OfflineNotice } from "./offline-notice.tsx";
import { createId, type Chat } from "./use-chat.ts";
import { useFiles } from "./use-files.ts";

export interface ChatPageProps {
  readonly channel: string;
  readonly session: Session;
  readonly chat: Chat;
  readonly route: Extract<Route, { page: "chat" }>;
}

export function ChatPage({ channel, session, chat: { state, client, drafts }, route }: ChatPageProps) {
  const files = useFiles(channel);
  const [isDropTarget, setDropTarget] = useState(false);
  const isOffline = session.model?.isOffline === true;

  useEffect(() => {
    if (client === undefined) return;
    if (route.chat !== undefined) client.openChat(route.chat);
    else if (state.chats !== undefined) openRoute({ page: "chat", chat: state.chats[0]?.chat ?? createId() });
  }, [client, route.chat, state.chats]);

  useEffect(() => {
    const stopOnEscape = (event: KeyboardEvent) => {
      if (event.key === "Escape" && state.isWorking && document.querySelector("dialog[open]") === null) client?.stop();
    };
    addEventListener("keydown", stopOnEscape);
    return () => removeEventListener("keydown", stopOnEscape);
  }, [client, state.isWorking]);

  if (client === undefined || state.chat === undefined) return null;
  const isEmpty =
    state.isLoaded && state.entries.length === 0 && !state.pending.some(({ chat }) => chat === state.chat);

  return (
    <section
      class={isDropTarget ? "chat drop-target" : "chat"}
      aria-label="Chat"
      onDragOver={(event) => {
        if (event.dataTransfer?.types.includes("Files") !== true) return;
        event.preventDefault();
        setDropTarget(true);
      }}
      onDragLeave={(event) => {
        if (!(event.currentTarget as Node).contains(event.relatedTarget as Node | null)) setDropTarget(false);
      }}
      onDrop={(event) => {
        event.preventDefault();
        setDropTarget(false);
        files.add(event.dataTransfer?.files ?? []);
      }}
    >
      {isEmpty ? (
        <EmptyChat isOffline={isOffline} onPick={(text) => client.sendMessage(text, [])} />
      ) : (
        <MessageList
          key={state.chat}
          channel={channel}
          state={state}
          client={client}
          notice={isOffline ? <OfflineNotice /> : undefined}
        />
      )}
      <Composer
        key={`composer ${state.chat}`}
        channel={channel}
        state={state}
        client={client}
        files={files}
        drafts={drafts}
      />
      <Announcer state={state} />
    </section>
  );
}

/** Reads a finished answer out once, instead of every word while it is written. */
function Announcer({ state }: { readonly state: ChatState }) {
  const last = state.entries.at(-1);
  const known = useRef<string>(undefined);
  const [text, setText] = useState("");

  useEffect(() => {
    if (!state.isLoaded) return;
    const isNew =
      known.current !== undefined && last !== undefined && last.id !== known.current && last.direction === "out";
    known.current = last?.id ?? "";
    if (isNew) setText(formatPlain(last.text, 1000));
  }, [state.isLoaded, last?.id]);

  return (
    <p class="visually-hidden" aria-live="polite">
      {text}
    </p>
  );
}
