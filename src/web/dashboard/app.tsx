import { useEffect, useState } from "preact/hooks";
import { ChatPage } from "./chat/chat-page.tsx";
import { useChat } from "./chat/use-chat.ts";
import { InboxPage } from "./inbox/inbox-page.tsx";
import { countWaiting } from "./inbox/inbox-state.ts";
import { useInbox } from "./inbox/use-inbox.ts";
import { Layout } from "./layout/layout.tsx";
import { loadSession, type Session } from "./session/session.ts";
import { SignInPage } from "./session/sign-in-page.tsx";
import { StatusPage } from "./status/status-page.tsx";
import { useRoute } from "./use-route.ts";
import { RunPage } from "./workflows/run-page.tsx";
import { RunsPage } from "./workflows/runs-page.tsx";
import { WorkflowPage } from "./workflows/workflow-page.tsx";
import { WorkflowsPage } from "./workflows/workflows-page.tsx";

/** Asks who is there, then shows the sign-in form or the app. */
export function App() {
  const [session, setSession] = useState<Session>();
  const [problem, setProblem] = useState(false);
  const [round, setRound] = useState(0);
  const reload = () => setRound((value) => value + 1);

  useEffect(() => {
    let isStale = false;
    async function load(): Promise<void> {
      const loaded = await loadSession().catch(() => undefined);
      if (isStale) return;
      setProblem(loaded === undefined);
      if (loaded !== undefined) setSession(loaded);
    }
    void load();
    return () => {
      isStale = true;
    };
  }, [round]);

  if (session === undefined) return problem ? <Unreachable onRetry={reload} /> : <p class="splash" aria-busy="true" />;
  if (!session.signedIn) return <SignInPage onSignedIn={reload} />;
  return <SignedIn session={session} onUnreachable={reload} />;
}

function SignedIn({ session, onUnreachable }: { readonly session: Session; readonly onUnreachable: () => void }) {
  const route = useRoute();
  const channel = session.channels[0]?.name ?? "web";
  const chat = useChat(channel, session.person?.id ?? "", onUnreachable);
  const desk = useInbox(onUnreachable);
  return (
    <Layout route={route} chatState={chat.state} session={session} waiting={countWaiting(desk.state)}>
      {route.page === "inbox" ? (
        <InboxPage desk={desk} />
      ) : route.page === "workflows" ? (
        route.name === undefined ? (
          <WorkflowsPage />
        ) : (
          <WorkflowPage name={route.name} />
        )
      ) : route.page === "runs" ? (
        route.id === undefined ? (
          <RunsPage />
        ) : (
          <RunPage id={route.id} desk={desk} />
        )
      ) : route.page === "status" ? (
        <StatusPage isOffline={session.model?.isOffline === true} />
      ) : (
        <ChatPage channel={channel} session={session} chat={chat} route={route} />
      )}
    </Layout>
  );
}

function Unreachable({ onRetry }: { readonly onRetry: () => void }) {
  return (
    <main class="sign-in">
      <div class="card">
        <h1>Parlance is not answering</h1>
        <p>The server cannot be reached. It may be starting; its log says more.</p>
        <button type="button" class="button primary wide" onClick={onRetry}>
          Try again
        </button>
      </div>
    </main>
  );
}
