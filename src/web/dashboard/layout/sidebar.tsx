import type { ComponentChildren } from "preact";
import { ChatList } from "../chat/chat-list.tsx";
import type { ChatState } from "../chat/chat-state.ts";
import { createId } from "../chat/use-chat.ts";
import { ChatIcon, InboxIcon, Logo, PlusIcon, RunsIcon, StatusIcon, WorkflowsIcon } from "../icons.tsx";
import { formatRoute, type Route } from "../route.ts";
import type { Session } from "../session/session.ts";
import { openRoute } from "../use-route.ts";
import { ThemeToggle } from "./theme-toggle.tsx";

export interface SidebarProps {
  readonly route: Route;
  readonly chatState: ChatState;
  readonly session: Session;
  /** In the inbox. */
  readonly waiting: number;
}

export function Sidebar({ route, chatState, session, waiting }: SidebarProps) {
  return (
    <div class="sidebar-body">
      <a class="brand" href={formatRoute({ page: "chat", chat: undefined })}>
        <Logo />
        <span>Parlance</span>
      </a>
      <button type="button" class="button new-chat" onClick={() => openRoute({ page: "chat", chat: createId() })}>
        <PlusIcon />
        New chat
      </button>
      <nav class="chat-nav" aria-label="Chats">
        <ChatList state={chatState} current={route.page === "chat" ? chatState.chat : undefined} />
      </nav>
      <nav class="page-nav" aria-label="Pages">
        <NavLink to={{ page: "chat", chat: chatState.chat }} current={route}>
          <ChatIcon />
          Chat
        </NavLink>
        <NavLink to={{ page: "inbox" }} current={route}>
          <InboxIcon />
          Inbox
          {waiting > 0 && (
            <span class="badge">
              {waiting}
              <span class="visually-hidden"> waiting</span>
            </span>
          )}
        </NavLink>
        <NavLink to={{ page: "workflows", name: undefined }} current={route}>
          <WorkflowsIcon />
          Workflows
        </NavLink>
        <NavLink to={{ page: "runs", id: undefined }} current={route}>
          <RunsIcon />
          Runs
        </NavLink>
        <NavLink to={{ page: "status" }} current={route}>
          <StatusIcon />
          Status
        </NavLink>
      </nav>
      <footer class="sidebar-foot">
        <span class="person" title={session.model === undefined ? undefined : `Model: ${session.model.id}`}>
          {session.person?.name ?? "You"}
        </span>
        <ThemeToggle />
      </footer>
    </div>
  );
}

function NavLink(props: { readonly to: Route; readonly current: Route; readonly children: ComponentChildren }) {
  const { to, current, children } = props;
  return (
    <a class="nav-link" href={formatRoute(to)} aria-current={to.page === current.page ? "page" : undefined}>
      {children}
    </a>
  );
}
