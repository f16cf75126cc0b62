import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { formatTitle } from "../chat/chat-title.ts";
import type { ChatState } from "../chat/chat-state.ts";
import { CloseIcon, InboxIcon, MenuIcon } from "../icons.tsx";
import { formatRoute, type Route } from "../route.ts";
import type { Session } from "../session/session.ts";
import { Sidebar } from "./sidebar.tsx";

export interface LayoutProps {
  readonly route: Route;
  readonly chatState: ChatState;
  readonly session: Session;
  /** In the inbox. */
  readonly waiting: number;
  readonly children: ComponentChildren;
}

/** Navigation at the left, or in a drawer where the window is narrow. */
export function Layout({ route, chatState, session, waiting, children }: LayoutProps) {
  const drawer = useRef<HTMLDialogElement>(null);
  const title = {
    status: "Status",
    inbox: "Inbox",
    workflows: "Workflows",
    runs: "Runs",
    chat: formatTitle(chatState),
  }[route.page];
  const place = formatRoute(route);

  useEffect(() => drawer.current?.close(), [place]);
  useEffect(() => {
    document.title = title === "New chat" ? "Parlance" : `${title} · Parlance`;
  }, [title]);

  const sidebar = <Sidebar route={route} chatState={chatState} session={session} waiting={waiting} />;
  return (
    <div class="layout">
      <a class="skip-link" href="#main" onClick={skipToMain}>
        Skip to content
      </a>
      <aside class="sidebar">{sidebar}</aside>
      <dialog
        ref={drawer}
        class="drawer"
        aria-label="Menu"
        onClick={(event) => event.target === event.currentTarget && event.currentTarget.close()}
      >
        <div class="drawer-body">
          <button
            type="button"
            class="icon-button drawer-close"
            aria-label="Close the menu"
            onClick={() => drawer.current?.close()}
          >
            <CloseIcon />
          </button>
          {sidebar}
        </div>
      </dialog>
      <div class="content">
        <header class="top-bar">
          <button
            type="button"
            class="icon-button menu-button"
            aria-label="Open the menu"
            aria-haspopup="dialog"
            onClick={() => drawer.current?.showModal()}
          >
            <MenuIcon />
          </button>
          <h1 class="top-title">{title}</h1>
          <ConnectionSign state={chatState.connection} />
          {waiting > 0 && route.page !== "inbox" && (
            <a class="inbox-shortcut" href={formatRoute({ page: "inbox" })} aria-label={`Inbox, ${waiting} waiting`}>
              <InboxIcon />
              {waiting}
            </a>
          )}
        </header>
        <main id="main" tabindex={-1}>
          {children}
        </main>
      </div>
    </div>
  );
}

/** The hash is the router's, so the link moves the focus itself. */
function skipToMain(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

function ConnectionSign({ state }: { readonly state: ChatState["connection"] }) {
  const text = { connecting: "Connecting…", open: "", lost: "Reconnecting…" }[state];
  return (
    <p class={`connection ${state}`} role="status">
      {text !== "" && <span class="spinner" aria-hidden="true" />}
      {text}
    </p>
  );
}
