import { useEffect, useRef, useState } from "preact/hooks";
import { CardHead } from "./card-head.tsx";
import type { Draft, DraftAnswer } from "./desk-types.ts";
import { DraftEditor } from "./draft-editor.tsx";
import { loadEdit, saveEdit } from "./edit-storage.ts";
import { Key } from "./key.tsx";
import { formatMoment } from "./moment.ts";
import { SnoozeMenu } from "./snooze-menu.tsx";
import { StyleMeter } from "./style-meter.tsx";
import type { InboxDesk } from "./use-inbox.ts";
import { Why } from "./why.tsx";

export interface DraftCardProps {
  readonly draft: Draft;
  /** It cannot be answered any more: why. */
  readonly settled?: string;
  readonly desk: Pick<InboxDesk, "answer" | "setEditing" | "release">;
}

type Mode = "look" | "edit" | "snooze";

/** A draft that waits: what they wrote, what would be sent, and the ways to answer. */
export function DraftCard({ draft, settled, desk }: DraftCardProps) {
  const { id, text } = draft;
  // The reader's own, as long as they have written some.
  const [words, setWords] = useState(() => loadEdit(id));
  const [mode, setMode] = useState<Mode>(words === undefined ? "look" : "edit");
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const card = useRef<HTMLElement>(null);
  const titleId = `draft-${id}`;

  const isEditing = mode === "edit" || words !== undefined;
  useEffect(() => {
    desk.setEditing(id, isEditing);
    return () => desk.setEditing(id, false);
  }, [id, isEditing]);

  async function answer(given: DraftAnswer): Promise<void> {
    setBusy(true);
    const trouble = await desk.answer(draft, given);
    if (trouble === undefined) saveEdit(id, undefined);
    setProblem(trouble);
    setBusy(false);
  }

  function edit(changed: string): void {
    const kept = changed === text ? undefined : changed;
    setWords(kept);
    saveEdit(id, kept);
  }

  function look(): void {
    setMode("look");
    card.current?.focus();
  }

  function close(): void {
    saveEdit(id, undefined);
    desk.release(id);
  }

  const said = settled ?? problem;
  return (
    <article ref={card} class="desk-card" data-card={id} tabindex={-1} aria-labelledby={titleId}>
      <CardHead id={titleId} name={draft.senderName} place={draft.channel} at={draft.createdAt} />
      {draft.subject !== undefined && <p class="card-subject">{draft.subject}</p>}
      <Question text={draft.question} />
      {mode === "edit" && settled === undefined ? (
        <DraftEditor
          proposal={text}
          text={words ?? text}
          isBusy={isBusy}
          onChange={edit}
          onSend={() => void answer({ kind: "edit", text: words ?? text })}
          onBack={look}
        />
      ) : (
        <Proposal draft={draft} words={settled === undefined ? undefined : words} />
      )}
      {draft.score !== undefined && mode !== "edit" && <StyleMeter score={draft.score} />}
      <p class="hint">
        {draft.reason} Waits until {formatMoment(draft.expiresAt, Date.now())}.
      </p>
      {draft.decisionId !== undefined && <Why id={draft.decisionId} />}
      <p class="problem" role="alert">
        {said}
      </p>
      {settled !== undefined && (
        <div class="draft-actions">
          <button type="button" class="button" onClick={close}>
            Close
          </button>
        </div>
      )}
      {settled === undefined && mode === "look" && (
        <div class="draft-actions">
          <button
            type="button"
            class="button primary"
            aria-keyshortcuts="a"
            disabled={isBusy}
            onClick={() => void answer({ kind: "approve", text })}
          >
            {isBusy ? "Sending…" : "Send"} <Key name="a" />
          </button>
          <button type="button" class="button" aria-keyshortcuts="e" disabled={isBusy} onClick={() => setMode("edit")}>
            Edit <Key name="e" />
          </button>
          <button
            type="button"
            class="button"
            aria-keyshortcuts="s"
            disabled={isBusy}
            onClick={() => setMode("snooze")}
          >
            Later <Key name="s" />
          </button>
          <button
            type="button"
            class="button danger"
            aria-keyshortcuts="r"
            disabled={isBusy}
            onClick={() => void answer({ kind: "reject" })}
          >
            Drop <Key name="r" />
          </button>
        </div>
      )}
      {settled === undefined && mode === "snooze" && (
        <SnoozeMenu isBusy={isBusy} onPick={(until) => void answer({ kind: "snooze", until })} onCancel={look} />
      )}
    </article>
  );
}

/** Folded where it is long: it is known to whoever waits for the answer. */
function Question({ text }: { readonly text: string }) {
  if (text === "") return null;
  return (
    <details class="question">
      <summary>
        <span class="question-label">They wrote: </span>
        <span class="question-start">{text.replaceAll(/\s+/g, " ").slice(0, 200)}</span>
      </summary>
      <blockquote>{text}</blockquote>
    </details>
  );
}

function Proposal({ draft, words }: { readonly draft: Draft; readonly words: string | undefined }) {
  return (
    <div class="proposal" role="group" aria-label={words === undefined ? "The answer would be" : "Your words"}>
      <p>{words ?? draft.shownText ?? draft.text}</p>
      {draft.files.length > 0 && <p class="hint">With {draft.files.join(", ")}</p>}
    </div>
  );
}
