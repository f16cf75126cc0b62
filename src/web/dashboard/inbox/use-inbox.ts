import { useEffect, useRef, useState } from "preact/hooks";
import { answerApproval, answerDraft, loadInbox } from "./desk-client.ts";
import type { Approval, Draft, DraftAnswer } from "./desk-types.ts";
import { createInboxFeed, type InboxFeed } from "./inbox-feed.ts";
import { dropAnswered, emptyInbox, holdDraft, releaseDraft, takeInbox, type InboxState } from "./inbox-state.ts";
import { listenToDesk } from "./listen-to-desk.ts";

export interface InboxDesk {
  readonly state: InboxState;
  /** Undefined: done. Otherwise what to tell the reader at the card. */
  answer(draft: Draft, answer: DraftAnswer): Promise<string | undefined>;
  decide(approval: Approval, isApproved: boolean): Promise<string | undefined>;
  /** The reader has words in this draft, or has not any more. */
  setEditing(id: string, isEditing: boolean): void;
  release(id: string): void;
}

/** The inbox for as long as the person is signed in, whatever page is shown. */
export function useInbox(onSignedOut: () => void): InboxDesk {
  const [state, setState] = useState<InboxState>(emptyInbox);
  const feed = useRef<InboxFeed>(undefined);
  const editing = useRef(new Set<string>()).current;
  const signedOut = useRef(onSignedOut);
  signedOut.current = onSignedOut;

  useEffect(() => {
    const created = createInboxFeed({
      load: loadInbox,
      listen: listenToDesk,
      setTimer(run, delayMs) {
        const timer = setTimeout(run, delayMs);
        return () => clearTimeout(timer);
      },
      onInbox: (inbox) => setState((before) => takeInbox(before, inbox, editing)),
      onState: (feedState) => setState((before) => ({ ...before, feed: feedState })),
      onSignedOut: () => signedOut.current(),
    });
    feed.current = created;
    const update = () => created.setVisible(document.visibilityState === "visible");
    update();
    document.addEventListener("visibilitychange", update);
    return () => {
      document.removeEventListener("visibilitychange", update);
      created.close();
    };
  }, []);

  return {
    state,
    async answer(draft, answer) {
      // News of our own answer may come before the answer to it.
      const wasEditing = editing.delete(draft.id);
      const reply = await answerDraft(draft.id, answer);
      const news = reply.isDone ? `${draft.senderName}: ${reply.value.text}` : "";
      if (reply.isDone) setState((before) => dropAnswered(releaseDraft(before, draft.id), draft.id, news));
      else if (reply.status === 409) setState((before) => holdDraft(before, draft, reply.problem));
      else if (wasEditing) editing.add(draft.id);
      feed.current?.reload();
      return reply.isDone ? undefined : reply.problem;
    },
    async decide(approval, isApproved) {
      const reply = await answerApproval(approval.id, isApproved);
      const news = reply.isDone ? reply.value.text : reply.problem;
      if (reply.isDone || reply.status === 409) setState((before) => dropAnswered(before, approval.id, news));
      feed.current?.reload();
      return reply.isDone ? undefined : reply.problem;
    },
    setEditing(id, isEditing) {
      if (isEditing) editing.add(id);
      else editing.delete(id);
    },
    release: (id) => setState((before) => releaseDraft(before, id)),
  };
}
